"""Synapse counts and edge types that a run learned: saved, and compared with simpler models."""

from collections.abc import Iterator
from dataclasses import asdict

import pandas as pd
from torch import Tensor

from connectome.data.splits import scored_parts
from connectome.metrics.links import compare_counts, compare_types
from connectome.runs import RunFolder, pair_synapses, save_details, save_table
from connectome.scores import CountModel, EdgeTypeModel
from connectome.training.batching import LinkDataModule
from connectome.training.modules import EmbeddingModule

# Tables in the folder of a run.
COUNT_SCORES = "counts.csv"
TYPE_SCORES = "edge_types.csv"


def report_details(
    folder: RunFolder,
    module: EmbeddingModule,
    datamodule: LinkDataModule,
    metrics: dict[str, float],
) -> dict[str, float]:
    """Save what a trained method knows of links beside presence, and how good that is.

    Writes ``counts.npz`` with ``counts.csv``, and ``edge_types.npz`` with ``edge_types.csv``.
    Nothing is written for methods that know nothing.

    Args:
        folder: of the run.
        module: the method, with the weights that were saved.
        datamodule: data and split.
        metrics: of the run; only parts of the split that it scored are scored here.

    Returns:
        Further metrics, such as ``val/count_nll`` and ``val/type_auc_ad``.
    """
    details, path = module.details(datamodule.graph), folder.path
    if not (files := save_details(path, details)):
        return {}
    folder.write("running", details=files)
    added: dict[str, float] = {}
    if details.counts is not None:
        table = count_scores(details.counts, datamodule, metrics)
        save_table(path / COUNT_SCORES, table)
        for row in table.to_dict("records"):
            suffix = "" if row["model"] == "model" else f"_{row['model']}"
            for name in ("nll", "deviance"):
                added[f"{row['part']}/count_{name}{suffix}"] = row[name]
    if details.edge_types is not None:
        table = type_scores(details.edge_types, datamodule, metrics)
        save_table(path / TYPE_SCORES, table)
        for row in table.dropna().to_dict("records"):  # NaN is no JSON
            for name in ("auc", "ap"):
                key = f"{row['part']}/type_{name}_{row['type']}"
                added |= {key: row[name], f"{key}_degrees": row[f"{name}_degrees"]}
    return added


def count_scores(
    model: CountModel, datamodule: LinkDataModule, metrics: dict[str, float]
) -> pd.DataFrame:
    """Scores of each part and model of counts.

    Returns:
        Columns ``part, model, links`` and the fields of
        :class:`connectome.metrics.links.synapse_counts.CountScore`.
    """
    graph, rows = datamodule.graph, []
    assert graph.synapses is not None, "the model was trained on them"
    for part, links, counts, _ in _parts(datamodule, metrics):
        scores = compare_counts(model, graph.edge_index, graph.synapses, links, counts)
        for name, score in scores.items():
            rows.append({"part": part, "model": name, "links": len(counts)} | asdict(score))
    return pd.DataFrame(rows)


def type_scores(
    model: EdgeTypeModel, datamodule: LinkDataModule, metrics: dict[str, float]
) -> pd.DataFrame:
    """Scores of each part and edge type.

    Returns:
        Columns ``part, type, links`` and the fields that
        :func:`connectome.metrics.links.edge_types.compare_types` gives.
    """
    graph, rows = datamodule.graph, []
    assert graph.edge_type_synapses is not None, "the model was trained on them"
    present = graph.edge_type_synapses > 0
    for part, links, _, by_type in _parts(datamodule, metrics):
        scores = compare_types(model, graph.edge_index, present, links, by_type > 0)
        for name, score in scores.items():
            rows.append({"part": part, "type": name, "links": links.shape[1]} | asdict(score))
    return pd.DataFrame(rows)


def _parts(
    datamodule: LinkDataModule, metrics: dict[str, float]
) -> Iterator[tuple[str, Tensor, Tensor, Tensor]]:
    """Part, links, their synapses in all and by type, of the parts that ``metrics`` are of.

    A run that leaves its test part alone does so here.
    """
    split = datamodule.split
    for part, (links, _) in scored_parts(split).items():
        if f"{part}/auc" in metrics:
            yield part, links, *pair_synapses(datamodule.connectome, links, split.directed)
