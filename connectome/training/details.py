"""Synapse counts and edge types that a run learned: saved, and compared with simpler models."""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd
from pytorch_lightning.loggers import CSVLogger, Logger
from torch import Tensor

from connectome.data import pair_synapses, save_details, scored_parts
from connectome.data.storage import METRICS, load_json, save_json, save_table
from connectome.metrics import compare_counts, compare_types
from connectome.scores import CountModel, EdgeTypeModel
from connectome.training.datamodule import LinkDataModule
from connectome.training.module import EmbeddingModule
from connectome.training.runs import RunFolder
from connectome.types import LinkSplit

# Tables in the folder of a run.
COUNT_SCORES = "counts.csv"
TYPE_SCORES = "edge_types.csv"


def report_details(
    folder: RunFolder,
    module: EmbeddingModule,
    datamodule: LinkDataModule,
    metrics: dict[str, float],
    loggers: Sequence[Logger] = (),
) -> dict[str, float]:
    """Save what a trained method knows of links beside presence, and how good that is.

    Writes ``counts.npz`` with ``counts.csv``, and ``edge_types.npz`` with ``edge_types.csv``, and
    adds the metrics to ``metrics.json``. Nothing is written for methods that know nothing.

    Args:
        folder: of the run, in which all is there but for this.
        module: the method, with the weights that were saved.
        datamodule: data and split.
        metrics: of the run; only parts of the split that it scored are scored here.
        loggers: get what is added, except for CSV files, whose columns are fixed by now.

    Returns:
        The metrics that were added, such as ``val_count_nll`` and ``val_type_auc_ad``.
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
                added[f"{row['part']}_count_{name}{suffix}"] = row[name]
    if details.edge_types is not None:
        table = type_scores(details.edge_types, datamodule, metrics)
        save_table(path / TYPE_SCORES, table)
        for row in table.dropna().to_dict("records"):  # NaN is no JSON
            for name in ("auc", "ap"):
                key = f"{row['part']}_type_{name}_{row['type']}"
                added |= {key: row[name], f"{key}_degrees": row[f"{name}_degrees"]}
    for logger in loggers:
        if not isinstance(logger, CSVLogger):
            logger.log_metrics({name.replace("_", "/", 1): v for name, v in added.items()})
    save_json(path / METRICS, load_json(path / METRICS) | added)
    return added


def count_scores(
    model: CountModel, datamodule: LinkDataModule, metrics: dict[str, float]
) -> pd.DataFrame:
    """One row a part and model of counts; see :func:`connectome.metrics.compare_counts`."""
    graph, rows = datamodule.graph, []
    assert graph.synapses is not None, "the model was trained on them"
    for part, links in _parts(datamodule.split, metrics).items():
        counts, _ = pair_synapses(datamodule.connectome, links, datamodule.split.directed)
        scores = compare_counts(model, graph.edge_index, graph.synapses, links, counts)
        for name, score in scores.items():
            rows.append({"part": part, "model": name, "links": len(counts)} | asdict(score))
    return pd.DataFrame(rows)


def type_scores(
    model: EdgeTypeModel, datamodule: LinkDataModule, metrics: dict[str, float]
) -> pd.DataFrame:
    """One row a part and edge type; see :func:`connectome.metrics.compare_types`."""
    graph, rows = datamodule.graph, []
    assert graph.edge_type_synapses is not None, "the model was trained on them"
    for part, links in _parts(datamodule.split, metrics).items():
        _, by_type = pair_synapses(datamodule.connectome, links, datamodule.split.directed)
        present = graph.edge_type_synapses > 0
        scores = compare_types(model, graph.edge_index, present, links, by_type > 0)
        for name, score in scores.items():
            rows.append({"part": part, "type": name, "links": links.shape[1]} | asdict(score))
    return pd.DataFrame(rows)


def _parts(split: LinkSplit, metrics: dict[str, float]) -> dict[str, Tensor]:
    """Links of the parts that were scored: a run that leaves its test part alone does so here."""
    return {
        part: links for part, (links, _) in scored_parts(split).items() if f"{part}_auc" in metrics
    }
