"""The code of a page: its fenced blocks, in order."""

import re
import sys
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

FENCE = re.compile(r'^```(\w+)(?: title="([^"]*)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
NOT_RUN = "not run here"  # title of blocks that need an account elsewhere


def run_page(page: str, folder: Path) -> dict[str, Any]:
    """Write the files that a page shows to ``folder``, and run its other Python blocks.

    Returns:
        What the blocks defined, and under ``shown`` the value of the last line of each that is an
        expression.
    """
    names: dict[str, Any] = {"shown": []}
    for language, title, code in FENCE.findall((ROOT / "docs" / page).read_text()):
        if title.startswith(NOT_RUN):
            continue
        if title:
            path = folder / title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code)
        elif language == "python":
            execute(code, names)
    return names


def execute(code: str, names: dict[str, Any]) -> None:
    """Run a block as a notebook does: the value of a last expression is kept."""
    *lines, last = code.rstrip().splitlines()
    try:
        shown = compile(last, "page", "eval")
    except SyntaxError:
        exec(compile(code, "page", "exec"), names)
        return
    exec(compile("\n".join(lines), "page", "exec"), names)
    names["shown"].append(eval(shown, names))


def forget(folder: Path) -> None:
    """Remove the modules that were imported from ``folder``."""
    for name, module in [*sys.modules.items()]:
        if str(folder) in str(getattr(module, "__file__", "")):
            del sys.modules[name]
