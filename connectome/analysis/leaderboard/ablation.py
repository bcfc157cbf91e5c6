"""What each ingredient of a method is worth: the method without it, minus the whole method."""

import logging
from collections.abc import Sequence
from typing import Any

import pandas as pd

from connectome.analysis.leaderboard.markdown import ablation_places
from connectome.analysis.leaderboard.tables import COUNTS, HEAD, collect, differences, leaderboard
from connectome.runs import Run, labels
from connectome.types import InputError

log = logging.getLogger(__name__)

FULL = "full model"
CELL = ["variant", "latent_dim", "split", "negatives", "metric"]


def ablation(runs: Sequence[Run]) -> pd.DataFrame:
    """Every variant beside the full model, on the same splits.

    Args:
        runs: tested runs of one method with a benchmark, several split seeds each.

    Returns:
        One row a variant, dimension, split protocol and metric, the full model first: columns
        ``variant, latent_dim, numbers_per_neuron, split, negatives, metric, mean, sd, seeds``, and
        ``difference, ci_low, ci_high, pairs``: mean paired difference to the full model, positive
        where the variant has the higher value, with Student's 95% interval over the split seeds
        (``pairs`` of them) that both have.

    Raises:
        InputError: if there is no run of the full model, or if one variant stands for several
            settings.
    """
    names = [run.variant or FULL for run in runs]
    if FULL not in names:
        raise InputError("ablation: no run of the full model is complete; add variant=none")
    for variant in dict.fromkeys(names):
        named = [run for run, name in zip(runs, names, strict=True) if name == variant]
        _require_one_setting(named, variant)
    _warn_of_the_same(runs)
    scores = collect(runs, names=names)
    scores = scores[~scores["method"].str.endswith(HEAD)]
    means = leaderboard(scores).rename(columns={"method": "variant"})
    means = means.drop(columns=["ci_low", "ci_high", "seconds_mean", *COUNTS])
    paired = differences(scores, FULL).rename(columns={"method": "variant", "seeds": "pairs"})
    table = means.merge(paired.drop(columns="reference"), on=CELL, how="left")
    order = _order()
    places = zip(table["metric"], table["negatives"], strict=True)
    table = table[[place in order for place in places]].copy()
    table["pairs"] = table["pairs"].astype("Int64")
    return _ordered(table, list(dict.fromkeys([FULL, *names])))


def _order() -> dict[tuple[str, str], int]:
    """Which metric and negatives come first, second and so on."""
    return {(metric, n): k for k, (metric, n, _) in enumerate(ablation_places())}


def _require_one_setting(runs: Sequence[Run], variant: str) -> None:
    found = sorted({*labels(runs, ignore={"split.protocol"})})
    if len(found) > 1:
        raise InputError(
            f"ablation: '{variant}' stands for {found[0]} and {found[1]}; give every set of "
            "settings a folder of its own with name=..., or move one away"
        )


def _warn_of_the_same(runs: Sequence[Run]) -> None:
    """Name variants with the settings of the full model: an option on the command line wins."""

    def settings(run: Run) -> dict[str, Any]:
        return {key: value for key, value in run.identity.items() if key != "variant"}

    whole = [settings(run) for run in runs if run.variant is None]
    for variant in dict.fromkeys(r.variant for r in runs if r.variant and settings(r) in whole):
        log.warning("ablation: '%s' has the settings of the full model", variant)


def _ordered(table: pd.DataFrame, variants: list[str]) -> pd.DataFrame:
    """By split, dimension, variant as they came, and metric."""
    places = _order()
    order = {name: place for place, name in enumerate(variants)}
    keys = table.assign(
        variant=table["variant"].map(order),
        metric=[places[m, n] for m, n in zip(table["metric"], table["negatives"], strict=True)],
    )
    by = ["split", "latent_dim", "variant", "metric"]
    return table.loc[keys.sort_values(by).index].reset_index(drop=True)


def ablation_markdown(table: pd.DataFrame, title: str) -> str:
    """What :func:`ablation` returns, for people: a section a split protocol and dimension."""
    sections = [
        f"# {title}\n\nMeans over split seeds; in the rows below the full model the paired "
        "difference to it with its 95% interval.\n"
    ]
    groups: Any = table.groupby(["split", "latent_dim"], dropna=False, sort=False)
    for (split, dim), rows in groups:
        heading = f"## {split} split" + ("" if pd.isna(dim) else f", d = {dim}")
        sections.append(f"{heading}\n\n{_section(rows)}")
    return "\n".join(sections)


def _section(rows: pd.DataFrame) -> str:
    met = {*zip(rows["metric"], rows["negatives"], strict=True)}
    shown = [place for place in ablation_places() if place[:2] in met]
    lines = [
        "| variant | numbers per neuron | " + " | ".join(name for *_, name in shown) + " |",
        "|" + "-|" * (2 + len(shown)),
    ]
    for variant, group in rows.groupby("variant", sort=False):
        found = {(row["metric"], row["negatives"]): row for row in group.to_dict("records")}
        cells = [_cell(found.get((metric, negatives))) for metric, negatives, _ in shown]
        numbers = f"{group['numbers_per_neuron'].iloc[0]:.3g}"
        lines.append("| " + " | ".join([str(variant), numbers, *cells]) + " |")
    return "\n".join(lines) + "\n"


def _cell(row: dict[Any, Any] | None) -> str:
    if row is None:
        return ""
    if row["variant"] == FULL or pd.isna(row["difference"]):
        return f"{row['mean']:.3f}"
    interval = ""
    if not pd.isna(row["ci_low"]):
        interval = f" ({row['ci_low']:+.3f} to {row['ci_high']:+.3f})"
    return f"{row['difference']:+.3f}{interval}"
