"""Picture of an ablation: how far each variant lies from the full model."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from connectome.analysis.leaderboard.ablation import FULL
from connectome.analysis.leaderboard.markdown import ablation_places
from connectome.analysis.plotting import MARKERS, PALETTE, caption


def plot_ablation(table: pd.DataFrame, title: str) -> Figure:
    """A panel a metric, a line a variant, a dot and 95% interval a dimension.

    Args:
        table: rows of one split protocol of what
            :func:`connectome.analysis.leaderboard.ablation.ablation` returns, with at least one
            variant besides the full model.
        title: of the figure.
    """
    rows = table[(table["variant"] != FULL) & table["difference"].notna()]
    met = {*zip(rows["metric"], rows["negatives"], strict=True)}
    shown = [place for place in ablation_places() if place[:2] in met]
    variants = [*dict.fromkeys(rows["variant"])][::-1]  # the first on top
    width, height = 3.2 + 2.4 * len(shown), 1.8 + 0.36 * len(variants)
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
    for axes, (metric, negatives, name) in zip(panels, shown, strict=True):
        here = rows[(rows["metric"] == metric) & (rows["negatives"] == negatives)]
        _plot_metric(axes, here, variants)
        axes.set_xlabel(name)
    panels[0].set_yticks(range(len(variants)), variants)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=max(len(labels), 1))
    title = f"{title}: difference to the full model"
    figure.suptitle(caption(title, rows["seeds"], "split", "95% intervals"))
    return figure


def _plot_metric(axes: Axes, rows: pd.DataFrame, variants: list[str]) -> None:
    dims = sorted(rows["latent_dim"].dropna().unique()) or [None]
    for index, dim in enumerate(dims):
        of_dim = rows if dim is None else rows[rows["latent_dim"] == dim]
        at = np.array([variants.index(name) for name in of_dim["variant"]], dtype=float)
        at += 0.16 * ((len(dims) - 1) / 2 - index)
        axes.errorbar(
            of_dim["difference"],
            at,
            xerr=(of_dim["ci_high"] - of_dim["difference"]).fillna(0),
            label="all" if dim is None else f"d = {dim}",
            color=PALETTE[index % len(PALETTE)],
            marker=MARKERS[index % len(MARKERS)],
            linestyle="none",
            markersize=4,
            capsize=2,
        )
    axes.axvline(0, color="0.6", linewidth=1, linestyle=":")
    axes.grid(axis="y", color="0.92")
    axes.spines[["top", "right"]].set_visible(False)
