"""Pictures of several brains in one space, and of what transfer is worth."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from connectome.analysis.plotting import PALETTE, UNKNOWN, styles
from connectome.display import Display

DOT = 9.0
TRAINED = {"itself": PALETTE[0], "another brain": PALETTE[1], "nothing": PALETTE[7]}


def plot_aligned(
    places: dict[str, np.ndarray],
    types: dict[str, np.ndarray],
    title: str,
    displays: Sequence[Display] = (),
) -> Figure:
    """The brains in one map: each by cell type, and all together by brain.

    Args:
        places: ``[N, 2]`` by name of the brain, in one pair of axes.
        types: ``[N]`` names of cell types, None where unknown.
        title: above the figure.
        displays: how the types of the brains are drawn.
    """
    panels = len(places) + 1
    figure = Figure(figsize=(4.6 * panels, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels, sharex=True, sharey=True, squeeze=False)[0]
    known = sorted({kind for found in types.values() for kind in found[pd.notna(found)]})
    style = styles(known, *displays)
    for panel, (name, place) in zip(axes, places.items(), strict=False):
        kind = types[name]
        _dots(panel, place[pd.isna(kind)], UNKNOWN, ".", 3)
        looks = pd.Series(kind).map(style)  # of thousands of types many look alike
        for look in dict.fromkeys(style[label] for label in known):
            _dots(panel, place[looks == look], look.colour, look.marker, DOT)
        _bare(panel, f"{name} ({len(place)} neurons)")
    for index, (name, place) in enumerate(places.items()):
        _dots(axes[-1], place, PALETTE[index % len(PALETTE)], "o", DOT / 2, label=name)
    _bare(axes[-1], "all, by brain")
    axes[-1].legend(loc="best", fontsize=8, frameon=False)
    if 0 < len(known) <= 30:
        handles = [
            axes[0].plot([], [], look.marker, color=look.colour, markersize=5, label=label)[0]
            for label, look in style.items()
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=9, fontsize=8)
    figure.suptitle(title)
    return figure


def plot_links(links: pd.DataFrame, title: str) -> Figure:
    """AUC on held-out links of each brain: a row a method and training, a dot a model."""
    brains = list(links.groupby("brain"))
    height = max(len(rows.groupby(["method", "trained_on"])) for _, rows in brains) * 0.28 + 1.6
    figure = Figure(figsize=(5.6 * len(brains), height), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (brain, found) in zip(
        figure.subplots(1, len(brains), squeeze=False)[0], brains, strict=True
    ):
        rows = sorted(found.groupby(["method", "trained_on"])["auc"], key=lambda x: x[1].mean())
        labels = []
        for at, (names, values) in enumerate(rows):
            method, trained_on = map(str, names)
            colour = TRAINED.get(trained_on, TRAINED["another brain"])
            axes.plot(values, np.full(len(values), at), "o", color=colour, alpha=0.7)
            axes.hlines(at, 0.5, values.mean(), color=colour, linewidth=1)
            labels.append(method + ("" if trained_on == "nothing" else f", {trained_on}"))
        axes.set_yticks(range(len(rows)), labels, fontsize=8)
        axes.set(xlim=(0.4, 1.0), xlabel="AUC on held-out links")
        axes.set_title(str(brain), fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"{title}: blue trained on the brain itself, orange on another, grey untrained")
    return figure


def _dots(
    axes: Axes, place: np.ndarray, colour: str, marker: str, size: float, label: str | None = None
) -> None:
    axes.scatter(
        place[:, 0], place[:, 1], s=size, c=colour, marker=marker, alpha=0.7, linewidths=0,
        label=label, rasterized=True,
    )  # fmt: skip


def _bare(axes: Axes, title: str) -> None:
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=10)
