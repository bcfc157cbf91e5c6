"""Where each metric of the leaderboard is shown, and the leaderboard as Markdown."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from connectome.analysis.leaderboard.tables import COUNTS, HEAD
from connectome.data.splits import REGIMES
from connectome.metrics.links import ALL_PAIRS, EACH, METRICS, Metric
from connectome.types import InputError

Place = tuple[str, str, str]  # metric, negatives, label


def panels() -> list[Place]:
    """Panels of the figures against dimension and size, in the order of the metrics.

    Raises:
        InputError: if a metric names unknown negatives.
    """
    return [
        (metric.name, negatives, label if metric.higher_is_better else f"{label}, lower is better")
        for metric in METRICS.values()
        for negatives, label in _known(metric, metric.panels).items()
    ]


def ablation_places() -> list[Place]:
    """Columns and panels of the ablation, likewise.

    Raises:
        InputError: if a metric names unknown negatives.
    """
    return [
        (metric.name, negatives, label)
        for metric in METRICS.values()
        for negatives, label in _known(metric, metric.ablation).items()
    ]


def _known(metric: Metric, labels: Mapping[str, str]) -> Mapping[str, str]:
    _require_negatives(metric, labels)
    return labels


def _require_negatives(metric: Metric, named: Iterable[str]) -> None:
    known = (*REGIMES, ALL_PAIRS)
    for negatives in named:
        if negatives not in known:
            raise InputError(
                f"metric '{metric.name}': is shown for '{negatives}', which are no negatives; "
                f"choose among {', '.join(known)}"
            )


def as_markdown(table: pd.DataFrame, split: str, head: bool) -> str:
    """The leaderboard of one split protocol, a row a method and dimension, best first.

    Columns are those that :data:`connectome.metrics.links.registry.METRICS` names; the first
    decides the order.

    Args:
        table: what :func:`connectome.analysis.leaderboard.tables.leaderboard` returns.
        split: the protocol.
        head: rows scored by the common head instead of by the methods themselves.

    Raises:
        InputError: if a metric names unknown negatives.
    """
    rows = table[(table["split"] == split) & (table["method"].str.endswith(HEAD) == head)]
    shown = list(_columns(rows))
    header = [f"{metric} {name}".replace("_", " ") for metric, name in shown]
    lines = [
        "| method | d | numbers per neuron | " + " | ".join(header) + " |",
        "|" + "-|" * (3 + len(header)),
    ]
    entries = []
    for _, group in rows.groupby(["method", "latent_dim"], dropna=False):
        found = {(row["metric"], row["negatives"]): row for row in group.to_dict("records")}
        cells = [_cell(found.get(place)) for place in shown]
        one = group.iloc[0]
        dimension = "" if pd.isna(one["latent_dim"]) else str(one["latent_dim"])
        start = [str(one["method"]), dimension, f"{one['numbers_per_neuron']:.3g}"]
        best = found.get(shown[0], {"mean": 0.0})["mean"]
        entries.append((best, "| " + " | ".join(start + cells) + " |"))
    lines += [line for _, line in sorted(entries, key=lambda entry: -entry[0])]
    return "\n".join([*lines, *_scarce(rows)]) + "\n"


def _columns(rows: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Metric and negatives of each column, in the order of the metrics."""
    for name, metric in METRICS.items():
        met = set(rows.loc[rows["metric"] == name, "negatives"])
        _require_negatives(metric, set(metric.columns) - {EACH})
        for column in metric.columns:
            yield from (
                ((name, n) for n in REGIMES if n in met) if column == EACH else [(name, column)]
            )


def _scarce(rows: pd.DataFrame) -> Iterator[str]:
    """A line on each kind of negatives of which there are fewer different ones than links."""
    few = rows[rows["absent_distinct"] < rows["links"]]
    for negatives, found in few.groupby("negatives"):
        links, absent, different = (found[name].iloc[0] for name in COUNTS)
        yield (
            f"\n{str(negatives).replace('_', ' ')}: {absent:.4g} unconnected pairs "
            f"({different:.4g} different) for {links:.4g} links, means over splits"
        )


def _cell(row: dict[Any, Any] | None) -> str:
    if row is None:
        return ""
    mean = f"{row['mean']:.3f}"
    return mean if pd.isna(row["sd"]) else f"{mean} ± {row['sd']:.3f}"
