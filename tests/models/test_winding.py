from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.stats import rankdata
from sklearn.metrics import adjusted_rand_score

from connectome.data.neurons import homologs
from connectome.data.readers.larva_brain import read_larva_brain
from connectome.models.clustering import WindingRecipe, winding_clusters
from connectome.models.clustering.winding import (
    LEFT,
    RIGHT,
    _bilateral_factors,
    augment_diagonal,
    pass_to_ranks,
)
from connectome.types import InputError, NotApplicableError

SMALL = WindingRecipe(block_dims=3, joint_dims=4, cluster_dims=3, levels=2, restarts=1)
Bilateral = tuple[sp.csr_array, np.ndarray, np.ndarray, np.ndarray]


def bilateral(seed: int = 0, pairs: int = 60, groups: int = 3) -> Bilateral:
    """Mirror-symmetric block model: adjacency, hemisphere, homolog, group; neurons shuffled."""
    rng = np.random.default_rng(seed)
    group = np.tile(np.arange(pairs) % groups, 2)
    side = np.repeat([LEFT, RIGHT], pairs)
    rate = np.where(group[:, None] == (group + 1) % groups, 4.0, 0.3)
    rate *= np.where(side[:, None] == side, 1, 0.5)
    counts = rng.poisson(rate)
    homolog = np.concatenate([np.arange(pairs) + pairs, np.arange(pairs)])
    order = rng.permutation(2 * pairs)
    place = np.argsort(order)
    matrix = sp.csr_array(counts[np.ix_(order, order)].astype(float))
    return matrix, side[order], place[homolog[order]], group[order]


def test_ranks_by_hand() -> None:
    matrix = sp.csr_array(np.array([[7.0, 2, 0], [5, 0, 2], [0, 0, 0]]))
    # without the self-loop: 2, 5, 2 have the ranks 1.5, 3, 1.5 of 3 edges; 3 of 6 are absent
    assert pass_to_ranks(matrix).toarray() == pytest.approx(
        np.array([[0, 1.5, 0], [3, 0, 1.5], [0, 0, 0]]) / 4
    )
    assert pass_to_ranks(matrix, "zero_boost").toarray() == pytest.approx(
        np.array([[0, 4.5, 0], [6, 0, 4.5], [0, 0, 0]]) / 6
    )
    assert matrix[0, 0] == 7  # the input is left as it was


def test_zero_boost_equals_ranks_among_all_pairs_above_the_absent_ones() -> None:
    matrix, *_ = bilateral()
    matrix.setdiag(0)
    off = ~np.eye(120, dtype=bool)
    weights = matrix.toarray()[off]
    expected = np.where(weights > 0, rankdata(weights) / weights.size, 0)
    assert pass_to_ranks(matrix, "zero_boost").toarray()[off] == pytest.approx(expected)


def test_diagonal_is_the_mean_strength_over_the_other_neurons() -> None:
    matrix = sp.csr_array(np.array([[9.0, 2, 0], [4, 0, 6], [0, 0, 0]]))
    found = augment_diagonal(matrix).toarray()
    # out-strengths 2, 10, 0 and in-strengths 4, 2, 6
    assert found == pytest.approx(np.array([[1.5, 2, 0], [4, 3, 6], [0, 0, 1.5]]))


def test_left_factors_are_rotated_onto_their_mirror_image() -> None:
    """A perfectly symmetric graph: homologs have the same factors, whatever the signs."""
    rng = np.random.default_rng(1)
    ipsi, contra = rng.random((20, 20)), rng.random((20, 20))
    matrix = sp.csr_array(np.block([[ipsi, contra], [contra, ipsi]]))
    side, partner = np.repeat([LEFT, RIGHT], 20), (np.arange(40) + 20) % 40
    partner[[3, 23]] = -1  # unpaired neurons are rotated with the others
    factors = _bilateral_factors(matrix, side, partner, 4)
    assert factors.shape == (40, 16)
    np.testing.assert_allclose(factors[:20], factors[20:], atol=1e-8)
    out, into = factors[20:, :4], factors[20:, 4:8]
    left, singular, right = np.linalg.svd(ipsi)
    np.testing.assert_allclose(out @ into.T, (left[:, :4] * singular[:4]) @ right[:4], atol=1e-8)


def test_groups_of_a_mirror_symmetric_graph_are_found() -> None:
    matrix, side, homolog, group = bilateral()
    found = winding_clusters(matrix, side, homolog, 0, SMALL)
    assert adjusted_rand_score(found.levels[:, 2], group) > 0.95
    assert found.embedding.shape == (120, 4)
    np.testing.assert_array_equal(found.neurons, np.arange(120))


@pytest.mark.parametrize("weight", [1, 2])
def test_homologs_share_a_cluster_by_construction(weight: int) -> None:
    rng = np.random.default_rng(0)
    _, side, homolog, _ = bilateral()
    noise = sp.csr_array((rng.random((120, 120)) < 0.2).astype(float))
    recipe = WindingRecipe(3, 4, 3, 3, restarts=1, pair_weight=weight, min_split=2)
    found = winding_clusters(noise, side, homolog, 0, recipe)
    np.testing.assert_array_equal(found.levels, found.levels[homolog])
    np.testing.assert_allclose(found.embedding, found.embedding[homolog])


def test_neurons_left_out_are_counted_and_change_nothing() -> None:
    matrix, side, homolog, _ = bilateral()
    before = winding_clusters(matrix, side, homolog, 0, SMALL)
    # 120: on neither side, 121 and 122: sided, but linked to each other only
    grown = sp.block_diag([matrix, np.zeros((1, 1)), [[0, 1.0], [0, 0]]], format="lil")
    grown[0, 120] = 5
    found = winding_clusters(
        sp.csr_array(grown),
        np.append(side, [-1, LEFT, RIGHT]),
        np.append(homolog, [-1, 122, 121]),
        0,
        SMALL,
    )
    assert (found.without_hemisphere, found.outside_component) == (1, 2)
    assert (found.levels[120:] == -1).all()
    np.testing.assert_array_equal(found.levels[:120], before.levels)
    np.testing.assert_array_equal(found.neurons, np.arange(120))


def test_settings_and_inputs_that_do_not_fit_are_refused() -> None:
    matrix, side, homolog, _ = bilateral()
    with pytest.raises(InputError, match="ranks=all"):
        WindingRecipe(ranks="all")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="pair_weight=3"):
        WindingRecipe(pair_weight=3)
    with pytest.raises(InputError, match="cluster_dims=20"):
        WindingRecipe(cluster_dims=20)
    with pytest.raises(NotApplicableError, match="60 neurons in the smaller hemisphere"):
        winding_clusters(matrix, side, homolog, 0, WindingRecipe(block_dims=60))
    with pytest.raises(InputError, match="shapes"):
        winding_clusters(matrix, side[:-1], homolog, 0)
    odd = homolog.copy()
    odd[homolog[0]] = homolog[0]
    with pytest.raises(InputError, match="does not name it back"):
        winding_clusters(matrix, side, odd, 0)
    with pytest.raises(InputError, match="in one hemisphere"):
        winding_clusters(matrix, np.zeros_like(side), homolog, 0)


@pytest.mark.slow
def test_larval_brain_is_split_along_the_published_clusters(larva_archive: Path) -> None:
    larva = read_larva_brain(str(larva_archive))
    weights = (larva.synapses.numpy(), tuple(larva.edge_index.numpy()))
    matrix = sp.csr_array(weights, shape=(larva.num_neurons, larva.num_neurons))
    side = larva.neurons["hemisphere"].map({"left": LEFT, "right": RIGHT}).fillna(-1)
    published = larva.neurons["cluster_level7"].fillna(-1).to_numpy(dtype=int)
    found = winding_clusters(
        matrix,
        side.to_numpy(dtype=int),
        homologs(larva).numpy(),
        0,
        WindingRecipe(levels=5, restarts=1),
    )
    assert len(found.neurons) == 2606
    kept = (published >= 0) & (found.levels[:, 0] >= 0)
    assert kept.sum() == 2595
    assert adjusted_rand_score(published[kept], found.levels[kept, 5]) > 0.15
