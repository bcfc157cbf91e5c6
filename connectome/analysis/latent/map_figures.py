"""Pictures of a latent space: what lies where, how sure that is, and what degrees alone explain."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from connectome.analysis.plotting import UNKNOWN, Style, in_order, styles

DOT = 9.0
REST = "0.75"  # of types without a name
MOST_NAMED = 40  # types in a legend
MOST_PANELS = 36  # more types have one map without names; the explorer tells them apart


def plot_clusters(
    position: np.ndarray,
    cluster: np.ndarray,
    code: np.ndarray,
    types: Sequence[str],
    style: dict[str, Style],
    title: str,
) -> Figure:
    """The map by published cluster, beside the published clusters in their own order.

    Left, every neuron in the colour of its cluster's rank, unassigned ones in black. Right, every
    cluster as a bar of its cell types, in the same order, over a strip with the same colours.

    Args:
        position: ``[N, 2]``.
        cluster: ``[N]`` rank of the cluster in the published order, -1 where unassigned.
        code: ``[N]`` positions in ``types``, -1 where unknown.
        types: names of the cell types.
        style: their styles.
        title: above the figure.
    """
    figure, (left, right) = _figure((13.5, 5.4), 1, 2)
    ranks = in_order(int(cluster.max()) + 1)
    for rank in (-1, *range(len(ranks))):
        rows = cluster == rank
        colour = UNKNOWN if rank < 0 else ranks[rank]
        _dots(left, position[rows], s=DOT, c=colour, alpha=0.8)
    _bare(left, f"latent space ({(cluster < 0).sum()} unassigned in black)")
    counts = np.zeros((len(types) + 1, len(ranks)))
    inside = cluster >= 0
    np.add.at(counts, (code[inside], cluster[inside]), 1)  # -1, an unknown type, is the last row
    base = np.zeros(len(ranks))
    for row, name in enumerate((*types, "unknown")):
        colour = style[name].colour if name in style else UNKNOWN
        right.bar(np.arange(len(ranks)), counts[row], 1.0, base, color=colour, linewidth=0)
        base += counts[row]
    strip = -0.04 * base.max()
    right.bar(np.arange(len(ranks)), np.full(len(ranks), strip), 1.0, color=ranks)
    right.set(xlabel="published cluster, in its order", ylabel="neurons")
    right.set_title("published clusters by cell type", fontsize=10)
    right.spines[["top", "right"]].set_visible(False)
    _legend(figure, types, style)
    figure.suptitle(title)
    return figure


def plot_types(
    position: np.ndarray,
    code: np.ndarray,
    types: Sequence[str],
    style: dict[str, Style],
    title: str,
) -> Figure:
    """The map by cell type, all in one and each type alone over the others in grey.

    With more than ``MOST_NAMED`` types the largest are named in the legend and coloured, and the
    others, which no colour could tell apart, are grey.

    Args:
        position: ``[N, 2]`` places on the map.
        code: ``[N]`` cell types, -1 where unknown.
        types: their names.
        style: colour and marker by name.
        title: above the figure.
    """
    side = max(2, int(np.ceil(np.sqrt(len(types)))))
    small = len(types) <= MOST_PANELS
    figure = Figure(figsize=(13.5 if small else 7.2, 7.2), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(side, 2 * side)
    whole = figure.add_subplot(grid[:, :side] if small else grid[:, :])
    _dots(whole, position[code < 0], s=DOT / 2, c=UNKNOWN, alpha=0.4)
    sizes = np.bincount(code[code >= 0], minlength=len(types))
    largest = np.argsort(-sizes, kind="stable")
    named = sorted(largest[:MOST_NAMED]) if len(types) > MOST_NAMED else range(len(types))
    if len(types) > MOST_NAMED:
        style = styles([types[row] for row in named])
        _dots(whole, position[~np.isin(code, named) & (code >= 0)], s=DOT / 2, c=REST, alpha=0.6)
    for row in named:
        _scatter(whole, position[code == row], style[types[row]], DOT)
    _bare(whole, f"all types ({(code < 0).sum()} unknown in small black)")
    if small:
        for row, name in enumerate(types):
            alone = figure.add_subplot(grid[row // side, side + row % side])
            _dots(alone, position, s=1, c="0.85")
            _scatter(alone, position[code == row], style[name], 4)
            _bare(alone, f"{name} ({(code == row).sum()})", size=8)
    _legend(figure, [types[row] for row in largest], style)
    figure.suptitle(title)
    return figure


def plot_quantities(position: np.ndarray, quantities: dict[str, np.ndarray], title: str) -> Figure:
    """The map by each of ``quantities`` ``[N]``, such as degree, uncertainty and instability."""
    figure, axes = _figure((4.8 * len(quantities), 4.4), 1, len(quantities))
    for panel, (name, values) in zip(axes, quantities.items(), strict=True):
        low, high = np.nanquantile(values, [0.02, 0.98])
        dots = _dots(panel, position, s=DOT, c=values, cmap="viridis", vmin=low, vmax=high)
        figure.colorbar(dots, ax=panel, shrink=0.8)
        _bare(panel, name)
    figure.suptitle(title)
    return figure


def plot_recall(table: pd.DataFrame, style: dict[str, Style], title: str) -> Figure:
    """Share of each type that is recognised from each feature set, a row a type.

    Args:
        table: from :func:`connectome.analysis.latent.cell_type_probe.recall_table`.
        style: styles of the types.
        title: above the figure.
    """
    figure, (axes,) = _figure((8, 0.3 * len(table) + 1.8), 1, 1)
    names = [name for name in table.columns if name not in ("cell_type", "neurons")]
    table = table.sort_values(names[0], ignore_index=True)
    looks = [("D", "white"), ("o", None), ("|", None), ("x", None), ("+", None)]
    for name, (marker, fill) in zip(names, looks, strict=False):
        colours = [style[kind].colour for kind in table["cell_type"]]
        axes.scatter(
            table[name],
            np.arange(len(table)),
            marker=marker,
            s=46,
            c=fill if fill else colours,
            edgecolors=colours if fill else None,
            label=name,
        )
    ticks = [f"{k} ({n})" for k, n in zip(table["cell_type"], table["neurons"], strict=True)]
    axes.set_yticks(np.arange(len(table)), ticks, fontsize=8)
    axes.set(xlim=(-0.03, 1.03), xlabel="share of held-out neurons recognised")
    axes.grid(axis="x", color="0.92")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    figure.suptitle(title)
    return figure


def _figure(size: tuple[float, float], rows: int, columns: int) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False).ravel()


def _dots(axes: Axes, places: np.ndarray, **look: Any) -> PathCollection:
    # As pixels also in SVG: thousands of markers make a file that no viewer opens.
    return axes.scatter(places[:, 0], places[:, 1], linewidths=0, rasterized=True, **look)


def _scatter(axes: Axes, places: np.ndarray, style: Style, size: float) -> None:
    _dots(axes, places, s=size, c=style.colour, marker=style.marker, alpha=0.85)


def _bare(axes: Axes, title: str, size: float = 10) -> None:
    """No ticks: a latent space has no units, and turning it changes nothing."""
    axes.set_title(title, fontsize=size)
    axes.set(xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="datalim")
    for side in axes.spines.values():
        side.set_color("0.8")


def _legend(figure: Figure, types: Sequence[str], style: dict[str, Style]) -> None:
    """What colours and markers mean, below the figure, for the first ``MOST_NAMED`` types."""
    handles = [
        Line2D([], [], color=style[name].colour, marker=style[name].marker, linestyle="none")
        for name in types[:MOST_NAMED]
    ]
    handles.append(Line2D([], [], color=UNKNOWN, marker="o", linestyle="none"))
    names = [*types[:MOST_NAMED], "unknown"]
    if (more := len(types) - MOST_NAMED) > 0:
        handles.append(Line2D([], [], color=REST, marker="o", linestyle="none"))
        names.append(f"and {more:,} more types")
    columns = 9 if figure.get_figwidth() > 10 else 5
    figure.legend(
        handles, names, loc="outside lower center", ncols=columns, fontsize=8, frameon=False
    )
