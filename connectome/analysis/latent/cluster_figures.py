"""Pictures of clusters against reference groups."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import dendrogram

# One hue from light to dark: it reads the same with every colour blindness, and in grey.
SHADES = "Blues"
LINE = "0.35"


def plot_confusion(
    counts: np.ndarray, groups: Sequence[str], tree: np.ndarray, clusters: np.ndarray, title: str
) -> Figure:
    """Which clusters the neurons of each reference group are in; every row adds up to one.

    Args:
        counts: ``[R, K]`` neurons of group ``r`` in cluster ``k``.
        groups: ``R`` names of the reference groups.
        tree: ``[K' - 1, 4]`` SciPy linkage over the clusters, drawn above the columns, whose order
            it gives.
        clusters: ``[K']`` the cluster of each leaf; clusters that are no leaf are not drawn.
        title: above the figure.
    """
    sizes = counts.sum(axis=1)
    shown = np.flatnonzero(sizes)
    width = min(15.0, max(8.0, 3.5 + 0.12 * len(clusters)))  # the title needs eight inches
    step, size = _step(len(shown))
    figure = _figure((width, step * len(shown) + 2.6))
    above, below = figure.subplots(
        2, 1, sharex=False, height_ratios=(1, max(2.0, 0.25 * len(shown)))
    )
    order = clusters[_draw_tree(above, tree)]
    shares = counts[shown][:, order] / sizes[shown, None]
    # Rows follow the columns, so that a clean partition is a staircase.
    centre = (shares * np.arange(len(order))).sum(axis=1) / np.maximum(shares.sum(axis=1), 1e-12)
    rows = np.argsort(centre, kind="stable")
    image = below.pcolormesh(
        shares[rows], cmap=SHADES, norm=PowerNorm(0.5, 0, 1), edgecolors="0.94", linewidth=0.2
    )
    below.invert_yaxis()
    names = [f"{groups[shown[row]]} ({sizes[shown[row]]})" for row in rows]
    below.set_yticks(np.arange(len(rows)) + 0.5, names, fontsize=size)
    below.set_xticks([])
    below.set_xlabel(f"{len(order)} clusters, in the order of the tree above")
    below.tick_params(length=0)
    _share_bar(figure, image, [above, below], "share of the group", aspect=30)
    figure.suptitle(title)
    return figure


def plot_co_clustering(
    shares: np.ndarray,
    groups: Sequence[str],
    title: str,
    tree: np.ndarray | None = None,
    leaves: np.ndarray | None = None,
) -> Figure:
    """How often two neurons share a cluster, by their reference groups.

    Args:
        shares: ``[R, R]``, as ``connectome.metrics.neurons.contingency.group_co_clustering`` makes
            them.
        groups: ``R`` names.
        title: above the figure.
        tree, leaves: linkage over groups and the group ``[R']`` of each leaf, which give the
            order; without them, groups stay in theirs. Groups without values are not drawn.
    """
    order = np.arange(len(groups)) if tree is None or leaves is None else leaves[_order(tree)]
    order = order[np.isfinite(shares[order]).any(axis=1)]
    step, size = _step(len(order))
    side = 2.2 + step * len(order)
    figure = _figure((max(8.0, side + 0.9), side))
    axes = figure.subplots()
    axes.set_facecolor("0.85")  # a group of a single neuron has no share with itself
    image = axes.pcolormesh(
        np.ma.masked_invalid(shares[np.ix_(order, order)]),
        cmap=SHADES,
        norm=PowerNorm(0.5, 0, 1),
        edgecolors="white",
        linewidth=0.4,
    )
    names, at = [groups[index] for index in order], np.arange(len(order)) + 0.5
    axes.set_xticks(at, names, rotation=90, fontsize=size)
    axes.set_yticks(at, names, fontsize=size)
    axes.invert_yaxis()
    axes.set_aspect("equal")
    axes.tick_params(length=0)
    _share_bar(figure, image, [axes], "share of neuron pairs in one cluster", shrink=0.8)
    figure.suptitle(title)
    return figure


def plot_dendrogram(
    tree: np.ndarray,
    names: Sequence[str],
    title: str,
    colours: Mapping[str, str] | None = None,
    label: str = "distance between centroids",
) -> Figure:
    """Tree over reference groups' centroids in an embedding, leaves and their names at the right.

    Args:
        tree: ``[K - 1, 4]`` linkage of ``K`` leaves, as
            :func:`connectome.models.clustering.algorithms.dendrogram_linkage` makes it.
        names: name of each leaf, in the order of the linkage's leaves.
        title: above the figure.
        colours: colour of each name's label; black where it has none.
        label: of the distance axis.
    """
    step, size = _step(len(names))
    figure = _figure((6.5, step * len(names) + 1.4))
    axes = figure.subplots()
    order = _draw_tree(axes, tree, orientation="left")
    at = 10 * np.arange(len(order)) + 5  # where SciPy draws the leaves
    axes.yaxis.tick_right()
    axes.set_yticks(at, [names[leaf] for leaf in order], fontsize=size)
    axes.tick_params(axis="y", length=0, pad=7)
    axes.set_xlim(right=0)
    chosen = [(colours or {}).get(names[leaf], "black") for leaf in order]
    # A dot beside the name: thin letters alone hardly show a light colour.
    axes.scatter(np.zeros(len(at)), at, c=chosen, s=14, clip_on=False, zorder=3)
    for text, colour in zip(axes.get_yticklabels(), chosen, strict=True):
        text.set_color(colour)
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.spines["bottom"].set_visible(True)
    axes.set_xlabel(label)
    figure.suptitle(title)
    return figure


def _figure(size: tuple[float, float]) -> Figure:
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _share_bar(
    figure: Figure,
    image: ScalarMappable,
    axes: list[Axes],
    label: str,
    aspect: float = 20,
    shrink: float = 1,
) -> None:
    """Colour bar of shares, ticked where the square-root scale leaves room."""
    bar = figure.colorbar(image, ax=axes, label=label, aspect=aspect, shrink=shrink)
    bar.set_ticks([0, 0.05, 0.2, 0.5, 1], labels=["0", "5%", "20%", "50%", "100%"])


def _step(rows: int) -> tuple[float, float]:
    """Inches a row and points of its label, smaller where there are many rows."""
    return (0.28, 9) if rows <= 40 else (0.14, 6)


def _order(tree: np.ndarray) -> list[int]:
    leaves: list[int] = dendrogram(tree, no_plot=True)["leaves"]
    return leaves


def _draw_tree(axes: Axes, tree: np.ndarray, orientation: str = "top") -> list[int]:
    """Draw ``tree`` in one colour, since no cut of it means anything; the order of its leaves."""
    drawn = dendrogram(
        tree,
        ax=axes,
        no_labels=True,
        orientation=orientation,
        color_threshold=0,
        above_threshold_color=LINE,
    )
    for lines in axes.collections:
        lines.set_linewidth(0.9)
    axes.spines[:].set_visible(False)
    if orientation == "top":
        axes.set_yticks([])
    leaves: list[int] = drawn["leaves"]
    return leaves
