"""Pictures of predicted types: by size of a type, reliability, confusion, coverage."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from connectome.analysis.cell_typing.scores import PRECISION
from connectome.analysis.cell_typing.tasks import Typed
from connectome.analysis.plotting import PALETTE
from connectome.metrics.links import reliability

LARGEST = 25  # types of the confusion matrix
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 10**9)


def plot_sizes(types: pd.DataFrame, title: str) -> Figure:
    """Share found by size of the type, over its neurons that are judged.

    Args:
        types: columns as :func:`connectome.analysis.cell_typing.tables.by_type`.
        title: above the figure.
    """
    figure, axes = plain_figure(title)
    found, shown = [], []
    for low, high in pairwise(SIZES):
        rows = types[(types["neurons"] >= low) & (types["neurons"] < high)]
        if len(rows):
            weighted = (rows["recall"] * rows["judged"]).sum() / rows["judged"].sum()
            found.append((weighted, rows["recall"].mean(), len(rows)))
            shown.append(f"{low}" if high == low + 1 else f"{low}-{high - 1}")
    shown[-1] = shown[-1].replace(f"-{SIZES[-1] - 1}", " and more")
    places = range(len(found))
    axes.bar(places, [one[0] for one in found], color=PALETTE[0], label="neurons")
    axes.plot(places, [one[1] for one in found], "o", color=PALETTE[1], label="mean of types")
    for place, (_, _, count) in zip(places, found, strict=True):
        axes.text(place, 1.03, str(count), ha="center", fontsize=8)
    axes.set_xticks(places, shown, fontsize=8, rotation=30)
    axes.set(ylim=(0, 1.08), xlabel="neurons of the type (above: number of types)")
    axes.set_ylabel("share whose type is found")
    figure.legend(frameon=False, fontsize=8, loc="outside lower right", ncols=2)
    return figure


def plot_reliability(sure: np.ndarray, right: np.ndarray, title: str) -> Figure:
    """How often answers are right, by the confidence that they have; below how many there are.

    Args:
        sure: ``[J]`` confidence.
        right: ``[J]`` bool.
        title: above the figure.
    """
    found = reliability(sure, right.astype(float))
    figure = Figure(figsize=(4.6, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot([0, 1], [0, 1], ":", color="0.6")
    upper.plot(found.confidence, found.frequency, "o-", color=PALETTE[0])
    upper.set(ylim=(-0.02, 1.02), ylabel="share that is right")
    upper.text(0.05, 0.9, f"ECE {found.expected_error:.3f}", transform=upper.transAxes)
    lower.bar(
        (np.arange(len(found.count)) + 0.5) / len(found.count), found.count, 0.08, color="0.6"
    )
    lower.set(yscale="log", xlabel="confidence", ylabel="neurons")
    for axes in (upper, lower):
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=10)
    return figure


def plot_confusion(typed: Typed, title: str) -> Figure:
    """Which types the neurons of the largest judged ones get; the last column is any other type."""
    true, best = typed.labels.truth[typed.judged], typed.tested.best[typed.judged]
    size = np.bincount(true, minlength=len(typed.labels.names))
    types = np.argsort(-size, kind="stable")[:LARGEST]
    types = np.sort(types[size[types] > 0])
    row = np.full(len(size) + 1, -1)
    row[types] = np.arange(len(types))
    inside = row[true] >= 0
    column = np.where(row[best] >= 0, row[best], len(types))
    table = np.zeros((len(types), len(types) + 1))
    np.add.at(table, (row[true][inside], column[inside]), 1)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure = Figure(
        figsize=(0.26 * len(types) + 3.0, 0.26 * len(types) + 2.2), layout="constrained"
    )
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    names = [typed.labels.names[code] for code in types]
    axes.set_xticks(range(len(types) + 1), [*names, "another"], rotation=90, fontsize=7)
    axes.set_yticks(
        range(len(types)), [f"{n} ({size[k]})" for n, k in zip(names, types, strict=True)]
    )
    axes.tick_params(axis="y", labelsize=7)
    axes.set(xlabel="predicted type", ylabel="type (neurons judged)")
    figure.colorbar(image, ax=axes, shrink=0.5, label="share of the type")
    figure.suptitle(title, fontsize=10)
    return figure


def plot_coverage(sure: np.ndarray, right: np.ndarray, title: str, done: str = "typed") -> Figure:
    """Precision against the share that is answered, as the confidence that is asked for falls.

    Args:
        sure: ``[J]`` confidence.
        right: ``[J]`` bool.
        title: above the figure.
        done: what an answer makes of a neuron.
    """
    order = np.argsort(-sure, kind="stable")
    covered = np.arange(1, len(order) + 1) / len(order)
    kept = right[order].cumsum() / np.arange(1, len(order) + 1)
    figure, axes = plain_figure(title)
    axes.plot(covered, kept, color=PALETTE[0], label=f"right of those {done}")
    expected = sure[order].cumsum() / np.arange(1, len(order) + 1)
    axes.plot(covered, expected, "--", color=PALETTE[1], label="expected by the confidence")
    axes.axhline(PRECISION, color="0.6", linewidth=1, linestyle=":")
    low = min(float(kept[len(kept) // 50 :].min()), float(expected.min()), PRECISION)
    axes.set(xlim=(0, 1), ylim=(low - 0.02, 1.005), xlabel=f"share of the neurons that is {done}")
    axes.set_ylabel("precision")
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    return figure


def plot_controls(values: Mapping[str, Mapping[str, float]], method: str, title: str) -> Figure:
    """Two scores of the method and of every control.

    Args:
        values: by method, two scores by what they are called.
        method: which of them is no control.
        title: above the figure.
    """
    names = [*values][::-1]
    figure = Figure(figsize=(6.4, 0.34 * len(names) + 1.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    fields = [*values[method]]
    for shift, field, hatch in zip((0.18, -0.18), fields, (None, "///"), strict=True):
        found = [values[name][field] for name in names]
        colours = [PALETTE[0] if name == method else PALETTE[7] for name in names]
        places = np.arange(len(names)) + shift
        axes.barh(places, found, 0.34, color=colours, hatch=hatch, edgecolor="white")
        for place, value in zip(places, found, strict=True):
            if not np.isnan(value):
                axes.text(value + 0.01, place, f"{value:.3f}", va="center", fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set(xlim=(0, 1.1), xlabel=f"{fields[0]} (plain) and {fields[1]} (hatched)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=10)
    return figure


def judged_answers(typed: Typed) -> tuple[np.ndarray, np.ndarray]:
    """Confidence ``[J]``, and whether the type is right, of the judged neurons."""
    rows = typed.judged
    sure = np.nan_to_num(typed.tested.confidence[rows])
    return sure, typed.tested.best[rows] == typed.labels.truth[rows]


def plain_figure(title: str) -> tuple[Figure, Axes]:
    """A figure of one panel with ``title`` above, and the panel."""
    figure = Figure(figsize=(5.6, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=10)
    return figure, axes
