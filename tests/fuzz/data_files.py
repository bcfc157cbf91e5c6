"""Cases of data files: each is written, read as ``data=table`` does, and described."""

from pathlib import Path

import numpy as np

from connectome.config import build
from connectome.data.describe import describe
from tests.fuzz.cases import Case, Facts
from tests.fuzz.data_broken import broken_text
from tests.fuzz.data_columns import columnar
from tests.fuzz.data_formats import formats
from tests.fuzz.data_graphs import graphs
from tests.fuzz.data_neurons import neuron_tables
from tests.fuzz.data_text import text
from tests.fuzz.drafts import Draft

FAMILIES = {
    "text": text,
    "broken text": broken_text,
    "columns": columnar,
    "graphs": graphs,
    "formats": formats,
    "neurons": neuron_tables,
}
MAKERS = [
    (f"{name}: {what}", make) for name, family in FAMILIES.items() for what, make in family.found
]
TARGET = "connectome.data.readers.table.read_table"


def data_case(seed: int, number: int, folder: Path) -> Case:
    """Case ``number``: every mutation in turn, with other values each time."""
    what, make = MAKERS[number % len(MAKERS)]
    place = folder / f"data-{seed}-{number}"
    place.mkdir(parents=True, exist_ok=True)
    draft = make(np.random.default_rng([1, seed, number]), place)

    return Case(
        kind="data",
        seed=seed,
        number=number,
        what=what,
        attempt=lambda: _read(draft),
        names=draft.names,
        refuse=draft.refuse,
        accept=draft.accept,
        facts=draft.facts,
    )


def _read(draft: Draft) -> Facts:
    connectome = build({"_target_": TARGET} | draft.options)
    describe(connectome).as_dict()
    return Facts.of(connectome)
