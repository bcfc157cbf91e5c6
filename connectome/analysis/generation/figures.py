"""Pictures of generated brains beside real ones."""

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from connectome.analysis.plotting import MARKERS, PALETTE

REAL, GREYS = ", real", ("0", "0.55")  # end of the name of a real hemisphere, and its colours
LEAST = 0.03  # of the spread; nearer is drawn there


def plot_statistics(table: pd.DataFrame, title: str) -> Figure:
    """Distance of generated hemispheres from the real one, in units of that of the real two.

    Filled: of the mean over brains; open: of single brains, chance included. Left of the line is
    inside the natural spread.
    """
    statistics = list(dict.fromkeys(table["statistic"]))
    figure = Figure(figsize=(9, 0.5 * len(statistics) + 2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    sources = list(table.groupby("source", sort=False))
    for index, (source, rows) in enumerate(sources):
        at = [statistics.index(name) for name in rows["statistic"]]
        height = np.array(at) + 0.6 * (index / max(len(sources) - 1, 1) - 0.5)
        colour, marker = PALETTE[index % len(PALETTE)], MARKERS[index % len(MARKERS)]
        spread = rows["spread"].to_numpy()
        for column, face in (("single_distance", "none"), ("mean_distance", colour)):
            values = np.maximum(rows[column].to_numpy() / spread, LEAST)
            label = str(source) if face != "none" else None
            axes.scatter(
                values, height, s=28, marker=marker, facecolors=face, edgecolors=colour, label=label
            )
    axes.axvline(1, color="0.4", linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(range(len(statistics)), statistics)
    axes.invert_yaxis()
    axes.set_xlabel(
        "distance from the real hemisphere / distance of the two real hemispheres\n"
        "(filled: mean of the brains; open: single brains)"
    )
    axes.grid(axis="y", color="0.93")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, fontsize=8)
    figure.suptitle(title)
    return figure


def plot_laws(laws: dict[str, dict[str, np.ndarray]], title: str) -> Figure:
    """Degree and strength laws and path lengths of one hemisphere, real and generated.

    Args:
        laws: vectors ``[k]`` of each statistic (:mod:`connectome.metrics.graph_statistics`), by
            name of the brain.
        title: above the figure.
    """
    figure = Figure(figsize=(13, 4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 4)
    drawn = [name for name in laws if not name.endswith(REAL)]  # in the colours of the statistics
    colours = dict(zip(drawn, PALETTE, strict=False))
    for index, (name, found) in enumerate(laws.items()):
        colour = colours.get(name, GREYS[index % len(GREYS)])
        style = {"color": colour, "linewidth": 1.4, "label": name}
        for axes, values in zip(panels, np.split(found["degrees"], 2), strict=False):
            axes.plot(np.linspace(0, 100, len(values)), np.expm1(values), **style)
        panels[2].plot(range(1, len(found["spectrum"]) + 1), found["spectrum"], **style)
        lengths = found["path lengths"]
        panels[3].plot(range(1, len(lengths) + 1), lengths, marker=".", **style)
    for axes, name in zip(panels, ("out-degree", "in-degree"), strict=False):
        axes.set(yscale="symlog", xlabel="percentile of neurons", ylabel=name)
    panels[2].set(yscale="log", xscale="log", xlabel="rank", ylabel="singular value")
    panels[3].set(xlabel="path length", ylabel="share of ordered pairs")
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].legend(fontsize=7, frameon=False)
    figure.suptitle(title)
    return figure
