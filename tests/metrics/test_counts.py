import numpy as np
import pytest
import torch
from scipy.stats import nbinom, poisson

from connectome.metrics.links import compare_counts
from connectome.metrics.links.synapse_counts import (
    fit_constant,
    fit_degree_poisson,
    truncated_poisson_log_prob,
    truncated_poisson_mean,
    truncated_poisson_rate,
)
from connectome.scores import CountModel, Embedding, Readout


def test_truncated_poisson_is_the_conditional_one() -> None:
    k, rate = np.arange(1, 60), np.full(59, 2.5)
    expected = poisson.pmf(k, rate) / (1 - poisson.pmf(0, rate))
    found = np.exp(truncated_poisson_log_prob(k, rate))
    np.testing.assert_allclose(found, expected)
    assert found.sum() == pytest.approx(1)
    assert (found * k).sum() == pytest.approx(truncated_poisson_mean(rate)[0])
    assert truncated_poisson_log_prob(np.array([1]), np.zeros(1)) == pytest.approx(0, abs=1e-8)


def test_the_rate_of_a_mean_is_found() -> None:
    rate = np.array([1e-4, 0.3, 2.0, 50.0, 900.0])
    np.testing.assert_allclose(
        truncated_poisson_rate(truncated_poisson_mean(rate)), rate, rtol=1e-6
    )
    assert truncated_poisson_rate(np.ones(1)) > 0


def test_degree_corrected_rates_are_products_of_strengths() -> None:
    edges = np.array([[0, 0, 1, 2], [1, 2, 2, 0]])
    found = fit_degree_poisson(edges, np.array([3.0, 1, 2, 1]), num_neurons=4)
    np.testing.assert_array_equal(found.sent, [5, 3, 2, 1])
    np.testing.assert_array_equal(found.received, [2, 4, 4, 1])
    pairs = np.array([[0, 3], [1, 3]])
    np.testing.assert_allclose(found.rate(pairs), found.scale * np.array([20, 1]))


def test_the_scale_of_the_degree_corrected_poisson_has_the_highest_likelihood() -> None:
    rng = np.random.default_rng(0)
    edges = np.stack([rng.integers(0, 30, 400), rng.integers(0, 30, 400)])
    counts = rng.poisson(4, 400) + 1.0
    found = fit_degree_poisson(edges, counts, 30)
    rate = found.rate(edges)
    best = truncated_poisson_log_prob(counts, rate).mean()
    for factor in (0.97, 1.03):
        assert truncated_poisson_log_prob(counts, factor * rate).mean() < best


def test_one_distribution_for_all_is_recovered() -> None:
    r, mean = 0.8, 2.5
    drawn = nbinom(r, r / (r + mean)).rvs(60_000, random_state=1)
    log_mean, log_r = fit_constant(drawn + 1)
    assert np.exp(log_mean) == pytest.approx(mean, rel=0.05)
    assert np.exp(log_r) == pytest.approx(r, rel=0.1)


def test_the_truth_beats_what_lacks_its_mean_or_its_spread() -> None:
    rng = np.random.default_rng(0)
    n = 60
    levels = torch.from_numpy(rng.normal(0, 1, (n, 1))).float()
    embedding = Embedding("truth", np.arange(n), torch.ones(n, 1), levels)
    model = CountModel(embedding, Readout(torch.ones(1, 1), torch.tensor([0.5])), 0.0)
    edges = torch.from_numpy(np.stack([rng.integers(0, n, 8000), rng.integers(0, n, 8000)]))
    mean = np.exp(model.log_mean(edges).numpy())
    counts = rng.poisson(mean * rng.gamma(1.0, 1.0, len(mean)))
    links = counts > 0
    edges, synapses = edges[:, links], torch.from_numpy(counts[links])
    half = edges.shape[1] // 2
    scores = compare_counts(
        model, edges[:, :half], synapses[:half], edges[:, half:], synapses[half:]
    )
    assert set(scores) == {"model", "same_mean", "poisson", "constant"}
    assert min(scores, key=lambda name: scores[name].nll) == "model"
    assert scores["same_mean"].deviance == pytest.approx(scores["model"].deviance, rel=1e-6)
    assert scores["model"].deviance < scores["constant"].deviance
