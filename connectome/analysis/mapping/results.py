"""The table and the page of a map."""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from connectome.analysis.cell_typing import score_table
from connectome.analysis.explorer import make_explorer, write_explorer
from connectome.analysis.latent import Labelled, map_table
from connectome.analysis.mapping.neurons import Mapped
from connectome.analysis.neuron_table import TableParts, save_neuron_table
from connectome.types import Connectome

EXPLORER = "explorer.html"
CLUSTERS = "Leiden"
JUDGED = ["method", "accuracy", "macro_f1", "ari", "answered", "told", "asked", "types"]


def write_results(
    mapped: Mapped, folder: Path, label: str, made: dict[str, str]
) -> tuple[list[Path], tuple[str, ...]]:
    """Write the table and the page of ``mapped`` into ``folder``; returns paths and remarks.

    Args:
        mapped: what was found.
        folder: where they go.
        label: column of types that the page is coloured by.
        made: how the embedding was made, for the page.
    """
    parts = TableParts(
        mapped.connectome,
        maps={mapped.space.flat.name: mapped.space.position},
        clusters={CLUSTERS: mapped.cluster},
        types=mapped.types,
        neighbours=mapped.neighbours,
    )
    saved = save_neuron_table(folder, parts)
    return [*saved.files, _page(mapped, folder / EXPLORER, label, made)], saved.notes


def _page(mapped: Mapped, path: Path, label: str, made: dict[str, str]) -> Path:
    brain = mapped.connectome
    facts = {
        "made by": f"connectome-latent {version('connectome-latent')}",
        "data": f"{brain.name}, fingerprint {brain.fingerprint}",
        "cite": brain.citation or "the publication of the data",
    }
    types, tables, confidence = _types(brain, label), _metrics(mapped), None
    if mapped.types is not None:
        rest = mapped.types[~mapped.types["told"] & (mapped.types["type"] != "")]
        second = {"type": "predicted", "runner_up": "second"}
        columns = ["neuron_id", "predicted", "confidence", "second", "abstains"]
        table = rest.rename(columns=second)[columns]
        tables["predicted_types"] = table.assign(neuron_id=brain.neuron_ids[rest.index])
        confidence = mapped.types["confidence"].to_numpy(np.float32)
    found = {"Leiden community": mapped.cluster}
    page = make_explorer(brain, [mapped.space], types, found, confidence, tables, facts | made)
    return write_explorer(path, page)


def _metrics(mapped: Mapped) -> dict[str, pd.DataFrame]:
    """By title, what the map keeps, and how many types are found that were hidden."""
    tables = {"2-d map": map_table([mapped.space])}
    if mapped.typed is not None:
        tables["known types, hidden in turn"] = score_table(mapped.typed.scores)[JUDGED]
    return tables


def _types(brain: Connectome, label: str) -> Labelled | None:
    """The types that the data have; no two neurons are held out together, since none is."""
    if label not in brain.neurons or not brain.neurons[label].notna().any():
        return None
    code, names = pd.factorize(brain.neurons[label], sort=True)
    return Labelled(code.astype(np.int64), tuple(map(str, names)), np.arange(len(code)))
