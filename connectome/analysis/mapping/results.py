"""The table and the page of a map."""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from connectome.analysis.explorer import make_explorer, write_explorer
from connectome.analysis.latent import Labelled
from connectome.analysis.mapping.neurons import Mapped
from connectome.data.tabular import csv_text
from connectome.runtime import save_text
from connectome.types import Connectome

TABLE, EXPLORER = "neurons.csv", "explorer.html"
PREDICTED = {"type": "predicted_type", "confidence": "confidence"}
PREDICTED |= {"abstains": "abstains", "runner_up": "runner_up", "told": "told"}


def write_results(mapped: Mapped, folder: Path, label: str, made: dict[str, str]) -> list[Path]:
    """Write the table and the page of ``mapped`` into ``folder``; returns their paths.

    Args:
        mapped: what was found.
        folder: where they go.
        label: column of types that the page is coloured by.
        made: how the embedding was made, for the page.
    """
    save_text(folder / TABLE, csv_text(neuron_table(mapped), float_format="%.6g"))
    return [folder / TABLE, _page(mapped, folder / EXPLORER, label, made)]


def neuron_table(mapped: Mapped) -> pd.DataFrame:
    """One row a neuron, in the order of the data.

    Returns:
        ``neuron_id`` as text; the annotations (``data_NAME`` where the table has a column of that
        name); with types ``predicted_type, confidence, abstains, runner_up, told``;
        ``cluster_leiden``; ``x_umap, y_umap`` or ``x_components, y_components``; ``neighbour_1``
        and so on, ids as text, the nearest first.
    """
    ids = mapped.connectome.neuron_ids.astype(str)
    ours: dict[str, object] = {}
    if mapped.types is not None:
        ours |= {name: mapped.types[column] for column, name in PREDICTED.items()}
    ours["cluster_leiden"] = mapped.cluster
    name = mapped.space.flat.name.lower().replace(" ", "_")
    ours |= {f"{axis}_{name}": mapped.space.position[:, k] for k, axis in enumerate("xy")}
    near = mapped.neighbours.T
    ours |= {f"neighbour_{k + 1}": ids[rows] for k, rows in enumerate(near)}
    taken = {"neuron_id", *ours}
    given = {
        f"data_{name}" if name in taken else str(name): column.to_numpy()
        for name, column in mapped.connectome.neurons.items()
    }
    return pd.DataFrame({"neuron_id": ids} | given | ours)


def _page(mapped: Mapped, path: Path, label: str, made: dict[str, str]) -> Path:
    brain = mapped.connectome
    facts = {
        "made by": f"connectome-latent {version('connectome-latent')}",
        "data": f"{brain.name}, fingerprint {brain.fingerprint}",
        "cite": brain.citation or "the publication of the data",
    }
    types, tables, confidence = _types(brain, label), {}, None
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


def _types(brain: Connectome, label: str) -> Labelled | None:
    """The types that the data have; no two neurons are held out together, since none is."""
    if label not in brain.neurons or not brain.neurons[label].notna().any():
        return None
    code, names = pd.factorize(brain.neurons[label], sort=True)
    return Labelled(code.astype(np.int64), tuple(map(str, names)), np.arange(len(code)))
