"""What scikit-learn warns of, in the words of this program, and once."""

import logging
import re
import warnings
from pathlib import Path
from typing import TextIO

log = logging.getLogger(__name__)

MEANINGS = {
    r"least populated class": "a class has fewer members than there are folds, so folds lack it",
    r"unique classes is greater than 50%": (
        "most classes have a member or two, of which little can be learned"
    ),
    r"distinct clusters": "there are fewer different points than clusters, so fewer were made",
    r"converge|max_iter|line search": (
        "a fit stopped before it had converged, so numbers that rest on it are approximate"
    ),
    r"ill-defined|is not defined|[Oo]nly one class": (
        "a score is not defined where a class is missing, so it is 0 or NaN there"
    ),
}


def meaning(message: str) -> str:
    """What a warning of scikit-learn says, in one line; its first line if it is not known."""
    known = (text for pattern, text in MEANINGS.items() if re.search(pattern, message))
    return next(known, message.strip().splitlines()[0] if message.strip() else "a warning")


def say_plainly() -> None:
    """Log what scikit-learn warns of instead of printing it with its file and line."""
    usual = warnings.showwarning
    if getattr(usual, "plain", False):
        return
    said: set[str] = set()

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if "sklearn" not in (*Path(filename).parts, category.__module__.split(".")[0]):
            usual(message, category, filename, lineno, file, line)
        elif (text := meaning(str(message))) not in said:
            said.add(text)
            log.warning("scikit-learn: %s", text)

    show.plain = True  # type: ignore[attr-defined]
    warnings.showwarning = show
