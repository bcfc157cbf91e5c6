"""Names of columns and numbers as a page shows them: words, and as many digits as are known."""

import math
import re
from typing import Any

import pandas as pd

EXACT = 2**53  # JavaScript's numbers hold every integer up to here
DIGITS = 6  # significant ones of a number in a table
WORDS = {
    "auc": "AUC",
    "ap": "average precision",
    "ari": "adjusted Rand index",
    "nmi": "normalised mutual information",
    "f1": "F1",
    "id": "id",
    "ids": "ids",
    "sd": "s.d.",
    "se": "s.e.",
    "ci": "interval",
    "num": "number of",
    "dim": "dimension",
    "dims": "dimensions",
    "mse": "mean squared error",
    "mrr": "mean reciprocal rank",
    "knn": "nearest neighbours",
    "p": "p",
}
_PARTS = re.compile(r"[_/\s]+")


def in_words(name: str) -> str:
    """A column's name in words: ``macro_f1_mean`` is ``macro F1 mean``."""
    return " ".join(WORDS.get(part.lower(), part) for part in _PARTS.split(name) if part) or name


def table_in_words(title: str, table: pd.DataFrame) -> dict[str, Any]:
    """A table of ``C`` columns as the page holds it: its columns in words, its cells plain."""
    columns = [[cell(value) for value in table.iloc[:, k].tolist()] for k in range(table.shape[1])]
    rows = [list(row) for row in zip(*columns, strict=True)]
    names = [in_words(str(name)) for name in table.columns]
    return {"title": title, "columns": names, "rows": rows}


def cell(value: Any) -> str | int | float | None:
    """A cell for JSON: what JavaScript cannot hold is text, a missing value None."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return None
    if isinstance(value, int):
        return value if abs(value) < EXACT else str(value)
    if not isinstance(value, float):
        return str(value)
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else str(value)
