"""Picture of how many homologs are found."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from connectome.analysis.plotting import LINES, MARKERS, PALETTE


def plot_homologs(
    table: pd.DataFrame, title: str, levels: Sequence[tuple[str, float]] = ()
) -> Figure:
    """Hits@1 on held-out pairs against the share of pairs known, a line a method.

    Args:
        table: from :func:`connectome.analysis.latent.homologs.homolog_table`.
        title: of the figure.
        levels: labels and hits@1 to compare with, drawn dashed.
    """
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    _draw_methods(axes, table[table["neurons"] == "all"])
    for label, level in levels:
        axes.axhline(level, color="0.45", linewidth=1, linestyle=(0, (5, 3)), zorder=0)
        axes.annotate(
            f"{label}: {level:.3f}",
            (0.62, level),
            xycoords=("axes fraction", "data"),
            xytext=(0, -3),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=7,
            color="0.3",
        )
    axes.set(
        xlabel="share of pairs known (no candidates, so fewer are left the more are known)",
        ylabel="hits@1 on held-out pairs",
        ylim=(0, 1),
    )
    axes.set_xticks(sorted(table["known"].unique()))
    axes.grid(axis="y", color="0.92")
    axes.spines[["top", "right"]].set_visible(False)
    handles, names = axes.get_legend_handles_labels()
    order = sorted(range(len(names)), key=lambda index: names[index])
    figure.legend(
        [handles[index] for index in order],
        [names[index] for index in order],
        loc="outside right upper",
        fontsize=8,
        frameon=False,
    )
    figure.suptitle(f"{title}\nmeans over folds, bars: 1 s.d.")
    return figure


def _draw_methods(axes: Axes, rows: pd.DataFrame) -> None:
    """Colour by embedding, marker and line by matcher."""
    embeddings, matchers = (list(rows[name].unique()) for name in ("embedding", "matcher"))
    for (embedding, matcher), line in rows.groupby(["embedding", "matcher"], sort=False):
        line = line.sort_values("known")
        kind = matchers.index(matcher)
        axes.errorbar(
            line["known"],
            line["hits@1"],
            yerr=line["hits@1_sd"],
            label=matcher if embedding == "none" else f"{embedding}: {matcher}",
            color=PALETTE[embeddings.index(embedding) % len(PALETTE)],
            marker=MARKERS[kind % len(MARKERS)],
            linestyle=LINES[kind % len(LINES)],
            markersize=4,
            linewidth=1.2,
            capsize=2,
        )
