import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics import adjusted_rand_score

from connectome.models.generative import fit_blocks
from connectome.models.spectral import adjacency


def planted(seed: int, directed: bool, size: int = 60) -> tuple[sp.csr_array, np.ndarray]:
    """Three blocks with degrees that vary tenfold inside each."""
    rng = np.random.default_rng(seed)
    block = np.repeat([0, 1, 2], size)
    rate = np.array([[0.5, 0.05, 0.05], [0.25, 0.05, 0.4], [0.05, 0.4, 0.05]])
    if not directed:
        rate = (rate + rate.T) / 2
    degree = rng.uniform(0.2, 2.0, len(block))
    chance = np.minimum(rate[block][:, block] * np.outer(degree, degree), 1)
    links = rng.uniform(size=chance.shape) < chance
    if not directed:
        links = np.triu(links, 1)
        links = links | links.T
    return sp.csr_array(links.astype(float)), block


@pytest.mark.parametrize("directed", [False, True])
def test_planted_blocks_are_found_whatever_the_degrees(directed: bool) -> None:
    matrix, block = planted(0, directed)
    fit = fit_blocks(matrix, 3, directed, seed=0)
    assert adjusted_rand_score(block, fit.block) > 0.9


def test_rates_are_links_over_expected_degrees() -> None:
    matrix, _ = planted(1, directed=True)
    fit = fit_blocks(matrix, 3, directed=True, seed=0)
    out_degree, in_degree = matrix.sum(axis=1), matrix.sum(axis=0)
    for r in range(3):
        for s in range(3):
            rows, columns = fit.block == r, fit.block == s
            links = matrix[rows][:, columns].sum()
            expected = links / (out_degree[rows].sum() * in_degree[columns].sum())
            assert fit.rates[r, s] == pytest.approx(expected)


def test_expected_links_add_up_to_the_observed() -> None:
    matrix, _ = planted(2, directed=True)
    fit = fit_blocks(matrix, 5, directed=True, seed=0)
    expected = np.outer(matrix.sum(axis=1), matrix.sum(axis=0)) * fit.rates[fit.block][:, fit.block]
    np.testing.assert_allclose(expected.sum(axis=1), matrix.sum(axis=1))


def test_likelihood_by_hand() -> None:
    matrix, _ = planted(3, directed=True)
    fit = fit_blocks(matrix, 1, directed=True, seed=0)
    links = matrix.sum()
    assert fit.log_likelihood == pytest.approx(links * np.log(1 / links))


def test_more_blocks_fit_better() -> None:
    matrix, _ = planted(4, directed=True)
    fits = [fit_blocks(matrix, k, directed=True, seed=0).log_likelihood for k in (1, 2, 3)]
    assert fits == sorted(fits)


@pytest.mark.parametrize("directed", [False, True])
def test_more_blocks_than_a_graph_tells_apart_stay_empty(directed: bool) -> None:
    hub = np.stack([np.zeros(13, dtype=np.int64), np.arange(1, 14)])
    fit = fit_blocks(adjacency(hub, 14, directed), 8, directed, 0)
    assert len(np.unique(fit.block)) == 2  # the hub and the others
    assert fit.rates.shape == (8, 8)
