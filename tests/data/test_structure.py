"""Local structure against dense matrices and networkx."""

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from connectome.data.features.profile import (
    partner_degrees,
    reciprocity,
    return_probabilities,
    triangle_shares,
)

# 0 -> 1 -> 2, 0 -> 2 (feed-forward), 2 -> 3 -> 1 (so 1 -> 2 -> 3 -> 1 is a cycle), 0 <-> 4; 5 alone
TOY = torch.tensor([[0, 0, 0, 1, 2, 3, 4], [1, 2, 4, 2, 3, 1, 0]])
graphs = st.tuples(st.integers(0, 2**32 - 1), st.integers(2, 15), st.floats(0.05, 0.8))


def random_edges(seed: int, n: int, density: float) -> Tensor:
    """Edges ``[2, M]`` in random order, self-loops among them."""
    rng = np.random.default_rng(seed)
    edges = np.argwhere(rng.random((n, n)) < density)
    return torch.from_numpy(rng.permutation(edges).T.copy().reshape(2, -1))


def dense(edges: Tensor, n: int) -> np.ndarray:
    matrix = np.zeros((n, n))
    matrix[tuple(edges.numpy())] = 1
    np.fill_diagonal(matrix, 0)
    return matrix


def network(edges: Tensor, n: int) -> nx.DiGraph:
    return nx.from_numpy_array(dense(edges, n), create_using=nx.DiGraph)


def values(found: dict[int, float], n: int) -> list[float]:
    return [found[neuron] for neuron in range(n)]


@settings(deadline=None)
@given(graphs)
def test_returns_are_diagonals_of_powers(graph: tuple[int, int, float]) -> None:
    edges, n = random_edges(*graph), graph[1]
    matrix = dense(edges, n)
    transition = matrix / matrix.sum(1, keepdims=True).clip(min=1)
    expected = [np.diag(np.linalg.matrix_power(transition, k)) for k in range(1, 8)]
    found = return_probabilities(edges, n, 7)
    np.testing.assert_allclose(found, np.stack(expected, axis=1), atol=1e-12)


def test_returns_by_hand() -> None:
    found = return_probabilities(TOY, 6, 3)
    assert found[:, 0].tolist() == [0] * 6
    assert found[:, 1] == pytest.approx([1 / 3, 0, 0, 0, 1 / 3, 0])
    assert found[:, 2] == pytest.approx([0, 1, 1, 1, 0, 0])


def test_roles_in_triangles_by_hand() -> None:
    found = triangle_shares(TOY, 6)
    # 1: hears 0 and 3, says to 2: 0 -> 1 -> 2 is closed by 0 -> 2, and 2 -> 3 -> 1 is a cycle.
    assert found["source"][[0, 2]] == pytest.approx([1 / 6, np.nan], nan_ok=True)
    assert found["middle"][[1, 2]] == pytest.approx([1 / 2, 0])
    assert found["sink"][[1, 2, 3]] == pytest.approx([0, 1 / 2, np.nan], nan_ok=True)
    assert found["feedback"][[1, 2, 3]] == pytest.approx([1 / 2, 1 / 2, 1])
    assert all(np.isnan(share[5]) for share in found.values())


@settings(deadline=None)
@given(graphs)
def test_triangles_are_those_of_networkx(graph: tuple[int, int, float]) -> None:
    edges, n = random_edges(*graph), graph[1]
    matrix, found = dense(edges, n), triangle_shares(edges, n)
    outgoing, incoming = matrix.sum(1), matrix.sum(0)
    through = outgoing * incoming - np.diag(matrix @ matrix)
    pairs = {
        "feedback": through, "middle": through,
        "source": outgoing * (outgoing - 1), "sink": incoming * (incoming - 1),
    }  # fmt: skip
    for role, share in found.items():
        assert np.array_equal(np.isnan(share), pairs[role] == 0)
    closed = sum(np.nan_to_num(share) * pairs[role] for role, share in found.items())
    total = sum(pairs.values())
    # networkx has the sum of all roles, as 0 where there are no pairs.
    expected = values(nx.clustering(network(edges, n)), n)
    np.testing.assert_allclose(np.nan_to_num(closed / np.maximum(total, 1)), expected, atol=1e-12)
    cycles = np.diag(np.linalg.matrix_power(matrix, 3))
    np.testing.assert_allclose(np.nan_to_num(found["feedback"]) * through, cycles, atol=1e-12)


@pytest.mark.parametrize(
    ("triad", "roles"),
    [
        ([(0, 1), (1, 2), (0, 2)], {"source": [0], "middle": [1], "sink": [2]}),
        ([(0, 1), (1, 2), (2, 0)], {"feedback": [0, 1, 2]}),
    ],
    ids=["030T", "030C"],
)
def test_a_triad_has_its_roles(triad: list[tuple[int, int]], roles: dict[str, list[int]]) -> None:
    for role, share in triangle_shares(torch.tensor(triad).T, 3).items():
        assert np.flatnonzero(np.nan_to_num(share)).tolist() == roles.get(role, [])


@settings(deadline=None)
@given(graphs)
def test_pairs_in_both_directions_are_those_of_networkx(graph: tuple[int, int, float]) -> None:
    edges, n = random_edges(*graph), graph[1]
    expected = nx.reciprocity(network(edges, n), range(n))
    theirs = np.array([np.nan if expected[i] is None else expected[i] for i in range(n)])
    np.testing.assert_allclose(reciprocity(edges, n), theirs)


@settings(deadline=None)
@given(graphs)
def test_degrees_of_partners_are_those_of_networkx(graph: tuple[int, int, float]) -> None:
    edges, n = random_edges(*graph), graph[1]
    theirs = network(edges, n)
    for name, mean in partner_degrees(edges, n).items():
        side, _, kind, _ = name.split("_")
        expected = nx.average_neighbor_degree(theirs, source=side, target=kind)
        np.testing.assert_allclose(np.nan_to_num(mean), values(expected, n))
        alone = [degree == 0 for _, degree in getattr(theirs, f"{side}_degree")()]
        assert np.isnan(mean).tolist() == alone


@settings(deadline=None)
@given(graphs)
def test_the_order_of_neurons_permutes_rows(graph: tuple[int, int, float]) -> None:
    edges, n = random_edges(*graph), graph[1]
    order = np.random.default_rng(graph[0]).permutation(n)
    other = torch.from_numpy(order.argsort())[edges]
    here, there = return_probabilities(edges, n, 4), return_probabilities(other, n, 4)
    np.testing.assert_allclose(there, here[order], atol=1e-12)
    for name, share in triangle_shares(edges, n).items():
        np.testing.assert_allclose(triangle_shares(other, n)[name], share[order])
