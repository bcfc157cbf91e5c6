"""Pictures, each as PNG and SVG."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from connectome.runtime import into_place

# Okabe & Ito's palette, grey for its yellow: distinguishable with every common colour blindness.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F")
MARKERS = "osD^vP*X"
LINES = ("-", "--", "-.")


def caption(title: str, repeats: Iterable[int], of: str, bars: str) -> str:
    """Title of a figure, and below it over how many repeats it shows means, and what bars are.

    Args:
        title: the first line.
        repeats: number of repeats of each mean that is shown.
        of: what is repeated, in the singular: ``seed``, ``split``.
        bars: what the bars are; there are none where everything was done once.
    """
    low, high = min(counts := list(repeats)), max(counts)
    if high == 1:
        return f"{title}\none {of}"
    number = f"{low}" if low == high else f"{low} to {high}"
    return f"{title}\nmeans over {number} {of}s, bars: {bars}"


def joined(points: int, line: str) -> str:
    """The style of a line through ``points``: ``line``, or none where there is one point."""
    return line if points > 1 else "none"


def plot_latent_dims(summary: pd.DataFrame, title: str) -> Figure:
    """AUC and average precision against latent dimension, a line a model, bars of one s.d."""
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharex=True)
    for axes, metric, label in ((left, "auc", "ROC-AUC"), (right, "ap", "average precision")):
        _plot_metric(axes, summary, metric)
        axes.set_xlabel("latent dimension $d$")
        axes.set_ylabel(f"{label} on held-out links")
    handles, names = left.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), 3))
    figure.suptitle(caption(title, summary["seeds"], "seed", "1 s.d."))
    return figure


def _plot_metric(axes: Axes, summary: pd.DataFrame, metric: str) -> None:
    models = list(summary.groupby("model"))
    step = min(0.03, 0.1 / len(models))  # equal curves stay visible beside each other
    for index, (model, rows) in enumerate(models):
        if rows["latent_dim"].isna().any():
            level = float(rows[f"test/{metric}_mean"].iloc[0])
            colour = PALETTE[index % len(PALETTE)]
            axes.axhline(level, color=colour, label=model, linewidth=1, alpha=0.6)
            continue
        rows = rows.sort_values("latent_dim")
        dodge = 1 + step * (index - (len(models) - 1) / 2)
        axes.errorbar(
            rows["latent_dim"].astype(float) * dodge,
            rows[f"test/{metric}_mean"],
            yerr=rows[f"test/{metric}_sd"].fillna(0),
            label=model,
            color=PALETTE[index % len(PALETTE)],
            marker=MARKERS[index % len(MARKERS)],
            markersize=5,
            markerfacecolor="white",
            capsize=3,
            linestyle=joined(len(rows), LINES[index % len(LINES)]),
        )
    dims = sorted(summary["latent_dim"].dropna().unique())
    axes.set_xscale("log", base=2)
    axes.set_xticks(dims, [str(dim) for dim in dims])
    axes.minorticks_off()
    lowest = summary[f"test/{metric}_mean"].min()
    axes.set_ylim(min(0.5, lowest) - 0.02, 1.0)
    axes.axhline(0.5, color="0.6", linewidth=1, linestyle=":", zorder=0)
    axes.grid(axis="y", color="0.9")
    axes.spines[["top", "right"]].set_visible(False)


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write ``name.png`` and ``name.svg``; returns their paths."""
    paths = [folder / f"{name}.{suffix}" for suffix in ("png", "svg")]
    for path in paths:
        with into_place(path) as beside:
            figure.savefig(beside, dpi=200, format=path.suffix.removeprefix("."))
        figure.set_layout_engine("none")  # laid out once, for both
    return paths
