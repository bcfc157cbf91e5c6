"""Figures of the code: how large its parts are, and how many files one change touches.

``python benchmarks/tree.py [COMMIT ...]`` prints a table with a column for the working tree and one
for each commit named. A change is measured by an example that the tree already holds: the files
that name it are those that somebody who adds its like has to find.
"""

import argparse
import ast
import io
import re
import statistics
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLES = {
    "a decoder (gravity)": r"\bgravity\b|\bGravity\w*",
    "a metric of the leaderboard (mrr)": r"\bmrr\b",
    "a question of the report (cell_types)": r"\"cell_types\"|\bcell_types(:|\.\w*Settings)",
    "a command (leakage)": r"\"leakage\"|\bcli\.leakage\b|\bprint_leakage\b",
    "a panel of the explorer (homologs)": r"\bhomologs?Panel\b|\.homolog\b|\"homolog\"",
    "a trained method (deepwalk)": r"\bdeepwalk\b|\bDeepWalk\w*",
    "a heuristic (l3)": r"\bl3\b|\bL3\b",
    "a release (manc)": r"\bmanc\b",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commits", nargs="*", help="commits to compare the working tree with")
    commits = parser.parse_args().commits
    columns = {}
    for commit in commits:
        with tempfile.TemporaryDirectory() as folder:
            columns[commit] = figures(checkout(commit, Path(folder)))
    columns["working tree"] = figures(ROOT)
    print("| | " + " | ".join(columns) + " |\n|-" + "|-:" * len(columns) + "|")
    for row in columns["working tree"]:
        print(f"| {row} | " + " | ".join(str(column[row]) for column in columns.values()) + " |")


def checkout(commit: str, folder: Path) -> Path:
    """The files of a commit, written to a folder."""
    tar = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(tar.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def figures(root: Path) -> dict[str, str | int]:
    """Every figure of the tree at ``root``, by its name."""
    package = sorted((root / "connectome").rglob("*.py"))
    trees = {path: ast.parse(path.read_text()) for path in package}
    lengths = [len(path.read_text().splitlines()) for path in package]
    functions = [node for tree in trees.values() for node in functions_of(tree)]
    sizes = [(node.end_lineno or 0) - node.lineno + 1 for node in functions]
    folder, files = max(files_a_folder(package).items(), key=lambda item: item[1])
    facade, names = max(exported(trees).items(), key=lambda item: item[1])
    module, parameters = max(constructors(trees).items(), key=lambda item: item[1])
    return {
        "Python files of the package": len(package),
        "lines of the package": sum(lengths),
        "lines of the tests": sum(
            len(path.read_text().splitlines()) for path in (root / "tests").rglob("*.py")
        ),
        "configuration files": len(list((root / "conf").rglob("*.yaml"))),
        "lines a file, median (largest)": f"{statistics.median(lengths):.0f} ({max(lengths)})",
        "lines a function, median (largest)": f"{statistics.median(sizes):.0f} ({max(sizes)})",
        "most files in a folder": f"{files} ({folder.relative_to(root)})",
        "most names of a façade": f"{names} ({facade.parent.relative_to(root)})",
        "most parameters of a constructor": f"{parameters} ({module})",
    } | {f"files that name {what}": named(root, word) for what, word in EXAMPLES.items()}


def functions_of(tree: ast.AST) -> Iterator[Function]:
    """All functions and methods, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def files_a_folder(package: list[Path]) -> dict[Path, int]:
    """Python files of every folder, its façade not counted."""
    folders = {path.parent for path in package}
    return {
        folder: sum(p.parent == folder and p.name != "__init__.py" for p in package)
        for folder in folders
    }


def exported(trees: dict[Path, ast.Module]) -> dict[Path, int]:
    """Names that every ``__init__.py`` imports from below."""
    return {
        path: sum(len(n.names) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom))
        for path, tree in trees.items()
        if path.name == "__init__.py"
    }


def constructors(trees: dict[Path, ast.Module]) -> dict[str, int]:
    """Parameters of every ``__init__``, by its class."""
    return {
        cls.name: len(method.args.args) + len(method.args.kwonlyargs) - 1
        for tree in trees.values()
        for cls in ast.walk(tree)
        if isinstance(cls, ast.ClassDef)
        for method in cls.body
        if isinstance(method, ast.FunctionDef) and method.name == "__init__"
    }


def named(root: Path, word: str) -> int:
    """Files of the package and its configuration in which a word stands."""
    folders = [root / "connectome", root / "conf"]
    files = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    text = {".py", ".yaml", ".js", ".html", ".css"}
    return sum(bool(re.search(word, p.read_text())) for p in files if p.suffix in text)


if __name__ == "__main__":
    main()
