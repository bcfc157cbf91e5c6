"""A data file with the options to read it, and what is known of the result."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.cases import Facts

TEXT = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
COLUMNAR = (".parquet", ".feather")


@dataclass(frozen=True)
class Draft:
    """Options of ``data=table``; whether to refuse or accept them, and what must be read."""

    options: dict[str, Any]
    names: tuple[str, ...]
    refuse: bool = True
    accept: bool = True
    facts: Facts | None = None


Maker = Callable[[np.random.Generator, Path], Draft]


@dataclass
class Makers:
    """Functions that make drafts, in the order in which they were defined."""

    found: list[tuple[str, Maker]] = field(default_factory=list)

    def __call__(self, maker: Maker) -> Maker:
        """Add a function, as a decorator."""
        self.found.append((maker.__name__.replace("_", " ").strip(), maker))
        return maker


def _draft(path: Path, options: dict[str, Any], **known: Any) -> Draft:
    names = (path.name, *(f"data.{option}" for option in options))
    names += tuple(
        Path(v).name for k, v in options.items() if k == "neurons" and isinstance(v, str)
    )
    return Draft({"edges": str(path), "synapses": "syn"} | options, names, **known)


def refused(path: Path, **options: Any) -> Draft:
    """Nothing of it may be read."""
    return _draft(path, options, accept=False)


def exact(path: Path, facts: Facts, **options: Any) -> Draft:
    """It must be read, and give ``facts``."""
    return _draft(path, options, refuse=False, facts=facts)


def either(path: Path, facts: Facts | None = None, **options: Any) -> Draft:
    """It may be refused; if it is read, it must give ``facts``."""
    return _draft(path, options, facts=facts)


def text_path(rng: np.random.Generator, folder: Path) -> Path:
    """A file to be written as text."""
    return folder / f"edges{rng.choice(TEXT)}"


def columnar_path(rng: np.random.Generator, folder: Path) -> Path:
    """A file to be written as Parquet or Feather."""
    return folder / f"edges{rng.choice(COLUMNAR)}"
