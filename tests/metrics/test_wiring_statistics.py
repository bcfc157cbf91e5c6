import networkx
import numpy as np
import pytest
import scipy.sparse as sp

from connectome.metrics.graph_statistics import (
    TRIADS,
    WIRING_STATISTICS,
    mirror_share,
    statistic_distance,
    triad_counts,
    wiring_statistics,
)
from connectome.types import NotApplicableError


def random_matrix(seed: int, n: int = 30, density: float = 0.15) -> sp.csr_array:
    rng = np.random.default_rng(seed)
    dense = (rng.random((n, n)) < density) * rng.integers(1, 9, (n, n))
    np.fill_diagonal(dense, 0)
    return sp.csr_array(dense.astype(float))


def links_of(matrix: sp.csr_array) -> sp.csr_array:
    return sp.csr_array((matrix.toarray() > 0).astype(float))


@pytest.mark.parametrize("density", [0.05, 0.2, 0.6])
def test_triads_are_those_of_networkx(density: float) -> None:
    links = links_of(random_matrix(1, density=density))
    expected = networkx.triadic_census(
        networkx.from_scipy_sparse_array(links, create_using=networkx.DiGraph)
    )
    assert triad_counts(links).tolist() == pytest.approx([expected[name] for name in TRIADS])


def test_clustering_reciprocity_and_assortativity_are_those_of_networkx() -> None:
    matrix = random_matrix(2)
    kind = np.random.default_rng(0).integers(0, 3, 30)
    graph = networkx.from_scipy_sparse_array(links_of(matrix), create_using=networkx.DiGraph)
    networkx.set_node_attributes(graph, dict(enumerate(kind.tolist())), "kind")
    found = wiring_statistics(matrix, kind)
    undirected = networkx.Graph(graph.to_undirected())
    assert np.exp(found["clustering"][0]) == pytest.approx(networkx.transitivity(undirected))
    assert np.exp(found["reciprocity"][0]) == pytest.approx(networkx.reciprocity(graph))
    expected = networkx.attribute_assortativity_coefficient(graph, "kind")
    assert found["assortativity"][0] == pytest.approx(expected)
    lengths = dict(networkx.all_pairs_shortest_path_length(graph))
    twos = sum(d == 2 for row in lengths.values() for d in row.values())
    assert found["path lengths"][1] == pytest.approx(twos / (30 * 29))


def test_a_chain_of_levels_is_coherent_and_a_cycle_is_not() -> None:
    chain = sp.csr_array(np.eye(6, k=1))
    cycle = sp.csr_array(np.roll(np.eye(6), 1, axis=1))
    nothing = np.full(6, -1)
    assert wiring_statistics(chain, nothing)["feedforwardness"][0] == pytest.approx(0, abs=1e-8)
    assert wiring_statistics(cycle, nothing)["feedforwardness"][0] == pytest.approx(1)
    assert "assortativity" not in wiring_statistics(chain, nothing)


def test_degrees_and_strengths_by_hand() -> None:
    matrix = sp.csr_array(np.array([[0, 5.0, 2.0], [0, 0, 1.0], [0, 0, 7.0]]))  # a self-loop
    found = wiring_statistics(matrix, np.full(3, -1))
    assert found["degrees"][[0, 100]].tolist() == pytest.approx(np.log1p([0, 2]).tolist())
    assert found["strengths"][[0, 100]].tolist() == pytest.approx(np.log1p([0, 7]).tolist())
    assert found["strengths"][201] == pytest.approx(np.log1p(5))  # most received: 5, by neuron 1


def test_vectors_of_any_two_graphs_compare() -> None:
    small, large = (
        wiring_statistics(random_matrix(s, n), np.arange(n) % 3) for s, n in ((1, 20), (2, 60))
    )
    assert set(small) == set(WIRING_STATISTICS) - {"symmetry"}
    for name in small:
        assert statistic_distance(small[name], small[name]) == 0
        assert statistic_distance(small[name], large[name]) > 0, name


def test_the_share_of_mirrored_links() -> None:
    # Left 0, 1, 2; right 3, 4, 5 in the same order; 2 has no homolog.
    homolog = np.array([3, 4, -1, 0, 1, -1])
    links = np.zeros((6, 6))
    links[0, 1] = links[1, 0] = links[0, 2] = 1
    links[3, 4] = 1  # the mirror image of 0 -> 1
    matrix = sp.csr_array(links)
    assert mirror_share(matrix, np.array([0, 1, 2]), homolog)[0] == pytest.approx(0.5)
    assert mirror_share(matrix, np.array([3, 4, 5]), homolog)[0] == pytest.approx(1.0)
    with pytest.raises(NotApplicableError, match="nothing can mirror"):
        mirror_share(matrix, np.array([2, 5]), homolog)
