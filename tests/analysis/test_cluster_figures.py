from pathlib import Path

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage

from connectome.analysis.latent import plot_co_clustering, plot_confusion, plot_dendrogram
from connectome.analysis.plotting import save_figure

# Clusters 0 and 3 are near each other, and so are 1 and 2.
TREE = linkage(np.array([[0.0], [10], [11], [1]]), method="average")


def labels(texts: list) -> list[str]:
    return [text.get_text() for text in texts]


def test_rows_of_the_confusion_are_shares_in_the_order_of_the_tree() -> None:
    counts = np.array([[2, 0, 0, 2], [0, 0, 0, 0], [0, 6, 2, 0]])
    figure = plot_confusion(counts, ["a", "empty", "b"], TREE, np.arange(4), "title")
    tree, matrix, _ = figure.axes
    drawn = np.asarray(matrix.collections[0].get_array())
    assert drawn.tolist() in (
        [[0.5, 0.5, 0, 0], [0, 0, 0.75, 0.25]],
        [[0.75, 0.25, 0, 0], [0, 0, 0.5, 0.5]],
    )
    assert sorted(labels(matrix.get_yticklabels())) == ["a (4)", "b (8)"]
    figure.canvas.draw()
    # the leaves stand over their columns
    left, right = tree.get_position(), matrix.get_position()
    assert (left.x0, left.x1) == pytest.approx((right.x0, right.x1), abs=1e-6)


def test_clusters_without_a_leaf_are_not_drawn() -> None:
    tree = linkage(np.array([[0.0], [1], [5]]), method="average")
    counts = np.array([[1, 1, 0, 2]])
    matrix = plot_confusion(counts, ["a"], tree, np.array([0, 1, 3]), "").axes[1]
    assert sorted(np.asarray(matrix.collections[0].get_array()).ravel()) == [0.25, 0.25, 0.5]


def test_co_clustering_is_ordered_by_the_tree_and_leaves_out_empty_groups() -> None:
    shares = np.full((5, 5), np.nan)
    shares[:4, :4] = np.arange(16).reshape(4, 4) / 16
    names = ["a", "b", "c", "d", "none"]
    axes = plot_co_clustering(shares, names, "title", TREE, np.arange(4)).axes[0]
    order = labels(axes.get_yticklabels())
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset("ad"), frozenset("bc")}
    drawn = np.asarray(axes.collections[0].get_array())
    at = [names.index(name) for name in order]
    np.testing.assert_array_equal(drawn, shares[np.ix_(at, at)])
    plain = plot_co_clustering(shares, names, "title").axes[0]
    assert labels(plain.get_yticklabels()) == ["a", "b", "c", "d"]


def test_leaves_of_the_dendrogram_have_the_colours_of_their_names(tmp_path: Path) -> None:
    figure = plot_dendrogram(TREE, ["a", "b", "c", "d"], "title", {"a": "#0072B2", "c": "#D55E00"})
    axes = figure.axes[0]
    colours = {text.get_text(): text.get_color() for text in axes.get_yticklabels()}
    assert colours == {"a": "#0072B2", "b": "black", "c": "#D55E00", "d": "black"}
    assert {path.suffix for path in save_figure(figure, tmp_path, "tree")} == {".png", ".svg"}
    assert all(path.stat().st_size > 1000 for path in tmp_path.iterdir())
