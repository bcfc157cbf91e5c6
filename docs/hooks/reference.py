"""Pages of the reference, made when the site is built: the package, and every option of conf/.

A folder of the package is a page with its modules as sections, a folder of ``conf/`` a page with
its files as sections. A module that moves, and an option that is new, need no edit here.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
PACKAGE, CONF = ROOT / "connectome", ROOT / "conf"
# What a page is about, in this order; rooms that do not exist are passed over.
ROOMS = ("data", "models", "metrics", "scores", "training", "runs", "analysis")
TOP = ("api", "types", "receipt")  # modules that belong to no room
GROUPS = {
    "data": "What is read.",
    "model": "The method.",
    "batch": "What an optimiser step sees.",
    "optimizer": "What the trained modules step with.",
    "scheduler": "How the learning rate changes.",
    "trainer": "Devices, precision and length of training; arguments of Lightning's Trainer.",
    "callbacks": "Checkpoints, early stopping, progress bar.",
    "logger": "Where metrics are logged.",
    "benchmark": "What a finished run is scored by.",
    "search": "How settings are searched for.",
    "jobs": "How the jobs of a sweep run side by side.",
    "experiment": "Whole studies: several of the choices above under one name.",
}
WHOLE = (
    "experiment",
    "jobs",
    "search",
)  # shown as files: they override, they define little


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the generated pages into the navigation."""
    [reference] = [part["Reference"] for part in config.nav or [] if "Reference" in part]
    reference.append({"Options": [path for path, _ in option_pages()]})
    reference.append({"Python": [path for path, _ in api_pages()]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, content in (*option_pages(), *api_pages()):
        files.append(File.generated(config, path, content=content))
    return files


# The package

LATER = "---\nsearch: {boost: 0.3}\n---\n\n"  # pages for people come first in the search


def api_pages() -> list[tuple[str, str]]:
    """Path and Markdown of each page of the package."""
    top = [f"connectome.{name}" for name in TOP if (PACKAGE / f"{name}.py").exists()]
    pages = [("reference/python/connectome.md", f"{LATER}# connectome\n\n{sections_of(top)}")]
    for room in ROOMS:
        for folder in sorted(folders(PACKAGE / room)):
            pages.append((api_path(folder), folder_page(folder)))
    return pages


def api_path(folder: Path) -> str:
    """Where the page of a folder lies."""
    return f"reference/python/{dotted(folder).removeprefix('connectome.')}.md"


def folders(room: Path) -> Iterator[Path]:
    """A room and the packages in it."""
    for path in room.rglob("__init__.py"):
        yield path.parent


def public(path: Path) -> bool:
    """Whether a module is shown on its own."""
    return not path.name.startswith("_")


def dotted(path: Path) -> str:
    """``connectome.data.readers.table`` of its file or folder."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def folder_page(folder: Path) -> str:
    """What a folder is for, links to the folders in it, and a section for each module."""
    name = dotted(folder)
    hidden = "{members: false, show_root_heading: false, show_root_toc_entry: false}"
    about = f"::: {name}\n    options: {hidden}"
    inner = sorted(path.parent for path in folder.glob("*/__init__.py"))
    links = [f"- [{dotted(path)}]({Path(api_path(path)).name})" for path in inner]
    modules = [dotted(path) for path in sorted(folder.glob("*.py")) if public(path)]
    return "\n\n".join([f"{LATER}# {name}", about, "\n".join(links), sections_of(modules)])


def sections_of(modules: list[str]) -> str:
    """A section for each module."""
    return "".join(f"::: {module}\n\n" for module in modules)


# The options


def option_pages() -> list[tuple[str, str]]:
    """Path and Markdown of each page of options."""
    pages = [("reference/options/programs.md", programs_page())]
    for group, about in GROUPS.items():
        files = sorted((CONF / group).glob("*.yaml"))
        if files:
            sections = [section(path, f"{group}={path.stem}", group) for path in files]
            page = "\n\n".join([f"# {group}", about, *sections])
            pages.append((f"reference/options/{group}.md", page + "\n"))
    variants = CONF / "variants.yaml"
    if variants.exists():
        page = f"# variant\n\nWhat an ablation takes out or exchanges.\n\n{code(variants)}\n"
        pages.append(("reference/options/variant.md", page))
    return pages


def programs_page() -> str:
    """Options that belong to no group: those of the programs themselves."""
    parts = ["# Programs", "Options that belong to no group, by program."]
    for path in sorted(CONF.glob("*.yaml")):
        if path.stem != "variants":
            parts.append(section(path, path.stem, ""))
    return "\n\n".join(parts) + "\n"


def section(path: Path, title: str, prefix: str) -> str:
    """A file of options: what it is for, then a row for each option."""
    lines = path.read_text().splitlines()
    parts = [f"## {title}", *about(lines)]
    if prefix in WHOLE:
        return "\n\n".join([*parts, code(path)])
    root = yaml.compose("\n".join(lines))
    rows = [] if root is None else [*options(root, prefix, lines)]
    if target := made(root):
        parts.append(f"Target: `{target}`.")
    if inherited := defaults(root):
        parts.append(f"Starts from {inherited}, and sets:")
    if rows:
        head = "| option | default | meaning |\n|-|-|-|"
        parts.append("\n".join([head, *(row(*cells) for cells in rows)]))
    return "\n\n".join(parts)


def head_length(lines: list[str]) -> int:
    """How many lines the comment at the head of a file has."""
    return next((k for k, line in enumerate(lines) if not line.startswith("#")), len(lines))


def about(lines: list[str]) -> list[str]:
    """The comment at the head of a file: a paragraph, and code where it is indented."""
    head = [line[1:] for line in lines[: head_length(lines)] if not line.startswith("# @package")]
    parts: list[tuple[bool, list[str]]] = []
    for line in head:
        shown = line.startswith("   ")
        if not parts or parts[-1][0] != shown:
            parts.append((shown, []))
        parts[-1][1].append(line.strip())
    fence = "```\n{}\n```"
    return [
        fence.format("\n".join(part)) if shown else " ".join(part).replace("*", "\\*")
        for shown, part in parts
    ]


def code(path: Path) -> str:
    """The file itself."""
    return f"```yaml\n{path.read_text().rstrip()}\n```"


def made(root: Any) -> str:
    """The class or function that a file is built with."""
    nodes = {} if root is None else {key.value: value.value for key, value in root.value}
    return str(nodes.get("_target_", ""))


def defaults(root: Any) -> str:
    """The files of the same group that a file starts from."""
    for key, value in root.value if root is not None else ():
        if key.value == "defaults":
            names = [item.value for item in value.value if isinstance(item.value, str)]
            return ", ".join(
                f"`{name}`" for name in names if name != "_self_" and "_schema" not in name
            )
    return ""


def options(node: Any, prefix: str, lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Name, value and comment of every option below ``node``."""
    for key, value in node.value:
        if key.value in ("defaults", "hydra", "_target_", "_partial_"):
            continue
        name = f"{prefix}.{key.value}" if prefix else key.value
        if isinstance(value, yaml.MappingNode) and value.value and not value.flow_style:
            if value.value[0][0].value == "_target_":
                yield name, value.value[0][1].value, comment(key, value, lines)
            yield from options(value, name, lines)
        else:
            yield name, written(value, lines), comment(key, value, lines)


def written(value: Any, lines: list[str]) -> str:
    """A value as it stands in the file, on one line."""
    start, end = value.start_mark, value.end_mark
    if start.line == end.line:
        return lines[start.line][start.column : end.column]
    if isinstance(value, yaml.ScalarNode):
        return " ".join(value.value.split())
    plain = yaml.SafeLoader("").construct_object(value, deep=True)
    return yaml.safe_dump(plain, default_flow_style=True, sort_keys=False, width=10**6).strip()


def comment(key: Any, value: Any, lines: list[str]) -> str:
    """What the file says of an option: behind it, or in the lines above it."""
    line = lines[key.start_mark.line]
    end = value.end_mark if value.end_mark.line == key.start_mark.line else key.end_mark
    _, mark, behind = line[end.column :].partition("#")
    if mark:
        return behind.strip()
    above: list[str] = []
    for line in reversed(lines[head_length(lines) : key.start_mark.line]):
        if not line.strip().startswith("#"):
            break
        above.insert(0, line.strip().lstrip("# "))
    return " ".join(above)


def row(name: str, value: str, said: str) -> str:
    """A row of the table of options."""
    cells = (
        f"`{name}`",
        f"`{value}`" if value else "",
        said.replace("*", "\\*").replace("<", "&lt;"),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
