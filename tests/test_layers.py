"""The house: imports point down, nothing imports in a circle, rooms and façades stay small."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "connectome"
# What each layer may import: a layer below it, never a sibling.
LAYERS: dict[str, tuple[str, ...]] = {
    "receipt": (),
    "display": (),
    "input_error": (),
    "user_files": ("input_error",),
    "types": ("receipt", "display", "input_error"),
    "draws": (),
    "runtime": ("input_error",),
    "config": ("input_error",),
    "scores": ("types",),
    "models": ("types", "draws", "scores"),
    "metrics": ("types", "draws", "scores"),
    "data": ("types", "receipt", "display", "runtime", "scores", "user_files"),
    "runs": ("types", "runtime", "config", "scores", "data", "metrics"),
    "training": ("types", "draws", "runtime", "scores", "models", "metrics", "data", "runs"),
    "analysis": (
        *(
            "types",
            "receipt",
            "display",
            "draws",
            "runtime",
            "scores",
            "models",
            "metrics",
            "data",
            "runs",
            "user_files",
        ),
    ),
    "arguments": ("types", "config", "data", "training"),
    "api": ("types", "config", "scores", "data", "runs", "training", "analysis", "arguments"),
    "errors": ("input_error", "config"),
    "cli": (
        *(
            "input_error",
            "types",
            "receipt",
            "runtime",
            "config",
            "scores",
            "models",
            "data",
            "runs",
        ),
        *("training", "analysis", "errors", "user_files"),
    ),
    "__main__": ("cli",),
}
MOST_FILES = 12  # of a folder, its façade not counted
MOST_LINES = 300
FILES = sorted(PACKAGE.rglob("*.py"))
KNOWN: dict[str, Path] = {}  # by the name of the module


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


KNOWN.update({module_name(path): path for path in FILES})
TREES = {name: ast.parse(path.read_text()) for name, path in KNOWN.items()}


def imports(name: str, of_types: bool = False) -> Iterator[tuple[str, str]]:
    """Modules that a module imports, each with the name taken from it (empty for all of it).

    Relative imports are resolved; those under ``if TYPE_CHECKING`` are no imports of the program.
    """
    home = name.split(".") if KNOWN[name].name == "__init__.py" else name.split(".")[:-1]
    unread = () if of_types else tuple(_for_types(TREES[name]))
    for node in ast.walk(TREES[name]):
        if node in unread:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = home[: len(home) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inside = f"{base}.{alias.name}"
                yield (inside, "") if inside in KNOWN else (base, alias.name)


def _for_types(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from ast.walk(node)


def ours(name: str) -> set[str]:
    """Modules of the package that a module imports."""
    return {module for module, _ in imports(name) if module.split(".")[0] == "connectome"}


def layer(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def room(name: str) -> str:
    """The folder that a module lies in; a folder, and a file at the top, is a room of its own."""
    alone = KNOWN[name].name == "__init__.py" or name.count(".") == 1
    return name if alone else name.rpartition(".")[0]


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Members of one circle of a graph, none if it has none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(member) for member in error.args[1]]
    return []


def test_every_module_is_read() -> None:
    assert len(FILES) > 150
    assert max(len(path.relative_to(PACKAGE).parts) for path in FILES) >= 3
    assert {layer(name) for name in KNOWN if "." in name} == {*LAYERS}


def test_imports_point_down() -> None:
    wrong = {
        f"{name} imports {other}"
        for name in KNOWN
        if "." in name
        for other in ours(name)
        if layer(other) not in (layer(name), *LAYERS[layer(name)])
    }
    assert wrong == set()


def test_layers_are_in_an_order() -> None:
    assert circle({name: {*below} for name, below in LAYERS.items()}) == []


def test_no_files_import_in_a_circle() -> None:
    graph = {name: ours(name) - {name} for name in KNOWN if KNOWN[name].name != "__init__.py"}
    assert circle(graph) == []


def test_no_rooms_import_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for name in KNOWN:
        rooms = {room(other) for other in ours(name) if other in KNOWN}
        graph.setdefault(room(name), set()).update(rooms - {room(name)})
    assert circle(graph) == []


@pytest.mark.parametrize("relative", ["from .b import x", "from . import b", "from ..p.b import x"])
def test_relative_imports_are_seen(monkeypatch: pytest.MonkeyPatch, relative: str) -> None:
    for name, text in (("connectome.p.a", relative), ("connectome.p.b", "from .a import y")):
        monkeypatch.setitem(KNOWN, name, PACKAGE / f"{name}.py")
        monkeypatch.setitem(TREES, name, ast.parse(text))
    graph = {name: ours(name) for name in ("connectome.p.a", "connectome.p.b")}
    assert {*circle(graph)} == {"connectome.p.a", "connectome.p.b"}


def edge_users(library: str) -> set[str]:
    """Layers of which a module imports a library, if only for its types."""
    names = {n for n in KNOWN for module, _ in imports(n, True) if module.split(".")[0] == library}
    return {layer(name) for name in names}


def test_lightning_and_hydra_stay_at_the_edges() -> None:
    assert edge_users("pytorch_lightning") <= {"config", "runs", "training", "cli", "api"}
    assert edge_users("hydra") <= {"config", "cli", "errors", "runs", "analysis"}
    assert edge_users("omegaconf") <= {
        *("config", "runs", "training", "analysis", "cli", "api", "arguments", "errors")
    }
    of_hydra = {n for n in KNOWN for m, _ in imports(n) if m.split(".")[0] == "hydra"}
    in_analysis = {name for name in of_hydra if layer(name) == "analysis"}
    assert in_analysis <= {
        "connectome.analysis.leaderboard.hydra_callback",
        "connectome.analysis.search.study",
        "connectome.analysis.search.report",
    }


def test_folders_and_files_are_small() -> None:
    folders = {path.parent for path in FILES}
    counts = {
        str(folder.relative_to(ROOT)): sum(
            path.parent == folder and path.name != "__init__.py" for path in FILES
        )
        for folder in folders
    }
    assert {name: count for name, count in counts.items() if count > MOST_FILES} == {}
    lines = {name: len(path.read_text().splitlines()) for name, path in KNOWN.items()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_facades_export_what_somebody_imports() -> None:
    """Other rooms of the package, its configuration, or what shows the package to its users."""
    exported = {
        (name, alias)
        for name, path in KNOWN.items()
        if path.name == "__init__.py" and name != "connectome"
        for module, alias in imports(name)
        if module.startswith(name) and alias
    }
    used = {
        (module, alias)
        for name in KNOWN
        for module, alias in imports(name, True)
        if room(name) != module
    }
    shown = "".join(
        path.read_text()
        for pattern in ("conf/**/*.yaml", "docs/**/*.md", "README.md", "tests/**/*.py")
        for path in ROOT.glob(pattern)
    )
    alone = {f"{name}.{alias}" for name, alias in exported - used}
    assert {name for name in alone if name.rpartition(".")[2] not in shown} == set()


def test_the_package_alone_imports_nothing() -> None:
    code = "import sys, connectome; print({'torch', 'pandas', 'hydra'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.decode().strip() == "set()"


def test_only_build_instantiates() -> None:
    users = {p.name for p in FILES if "instantiate(" in p.read_text()}
    assert users == {"build.py"}
