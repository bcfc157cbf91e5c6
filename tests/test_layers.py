"""Imports point down only; siblings do not import each other."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "receipt": set(),
    "types": {"receipt"},
    "draws": set(),
    "scores": {"types"},
    "data": {"types", "scores", "receipt"},
    "models": {"types", "scores", "draws"},
    "metrics": {"types", "scores", "draws"},
    "processes": {"types"},
    "tracking": {"types"},
    "training": {
        "types",
        "scores",
        "data",
        "models",
        "metrics",
        "processes",
        "tracking",
        "identity",
    },
    "analysis": {"types", "scores", "data", "models", "metrics", "draws", "processes", "tracking"},
    "identity": {"types"},
    "plain_warnings": set(),
    "variants": {"types", "identity"},
    "config": {"types", "identity", "plain_warnings", "variants"},
    "kinds": {"types"},
    "build": {"types", "kinds"},
    "options": {"types", "config", "build"},
    "quoting": set(),
    "errors": {"types", "config", "build", "quoting"},
    "api": {
        *("types", "scores", "data", "models", "metrics", "training", "analysis"),
        *("config", "build", "arguments"),
    },
    "arguments": {"types", "data", "training", "config", "build", "kinds"},
    "cli": {
        *("types", "scores", "data", "models", "metrics", "training", "analysis"),
        *("config", "build", "tracking", "options"),
        *("processes", "identity", "errors"),
    },
    "__main__": {"cli"},
}
FILES = sorted((ROOT / "connectome").rglob("*.py"))


def imported_layers(path: Path) -> set[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("connectome.")}


def forbidden_layers(path: Path) -> set[str]:
    """What a file imports though it must not."""
    layer = path.relative_to(ROOT / "connectome").parts[0].removesuffix(".py")
    if layer == "__init__":
        return imported_layers(path) - {"types", "api"}  # for type checkers only, see below
    return imported_layers(path) - ALLOWED[layer] - {layer}


def test_imports_point_down() -> None:
    wrong = {
        str(path.relative_to(ROOT)): found for path in FILES if (found := forbidden_layers(path))
    }
    assert wrong == {}
    assert len(FILES) > 150


def test_the_package_alone_imports_nothing() -> None:
    code = "import sys, connectome; print({'torch', 'pandas', 'hydra'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.decode().strip() == "set()"


def test_only_build_instantiates() -> None:
    users = {p.name for p in FILES if "instantiate(" in p.read_text()}
    assert users == {"build.py"}


def test_models_know_nothing_of_lightning_or_hydra() -> None:
    for path in (ROOT / "connectome" / "models").glob("*.py"):
        assert "lightning" not in path.read_text().replace("Lightning", ""), path
        assert "hydra" not in path.read_text(), path
