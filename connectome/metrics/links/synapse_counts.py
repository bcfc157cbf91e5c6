"""How well synapse counts of held-out links are predicted, beside simpler models of them.

Everything is a likelihood of ``k`` synapses given a link, ``k >= 1``, so that it can be compared.
"""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize, minimize_scalar
from scipy.special import lambertw
from scipy.stats import poisson
from sklearn.metrics import mean_poisson_deviance
from torch import Tensor

from connectome.scores import CountModel, count_log_prob, expected_count

LOWEST_RATE = 1e-9  # of a truncated Poisson; one synapse is then certain to nine digits


@dataclass(frozen=True)
class CountScore:
    """Quality of predicted counts.

    Attributes:
        nll: mean negative log-likelihood in nats, lower is better.
        deviance: mean Poisson deviance of the expected counts in nats, twice the difference of two
            log-likelihoods; judges the means alone, not the spread.
    """

    nll: float
    deviance: float


def truncated_poisson_log_prob(counts: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Log-probability ``[P]`` of ``counts`` ``[P]`` under a zero-truncated Poisson, ``rate``
    ``[P]``.

    Counts start at 1; the rate is the mean before truncation.
    """
    rate = np.maximum(rate, LOWEST_RATE)
    return np.asarray(poisson.logpmf(counts, rate) - np.log(-np.expm1(-rate)))


def truncated_poisson_mean(rate: np.ndarray) -> np.ndarray:
    """Mean ``[P]`` of a zero-truncated Poisson of ``rate`` ``[P]``."""
    rate = np.maximum(rate, LOWEST_RATE)
    return np.asarray(rate / -np.expm1(-rate))


def truncated_poisson_rate(mean: np.ndarray) -> np.ndarray:
    """Rate ``[P]`` at which a zero-truncated Poisson has the given mean ``[P]``, above 1.

    Solves :math:`m = r / (1 - e^{-r})` by the principal branch of Lambert's W, which begins at 1.
    """
    away = np.maximum(mean, 1 + 1e-6)
    rate = away + lambertw(-away * np.exp(-away)).real
    near = 2 * (mean - 1)  # the first term of the series
    return np.asarray(np.maximum(np.where(mean < away, near, rate), LOWEST_RATE))


@dataclass(frozen=True, eq=False)
class DegreePoisson:
    """Degree-corrected Poisson: the rate of ``i -> j`` is ``scale * sent_i * received_j``.

    The degree-corrected block model of Karrer & Newman 2011 (arXiv:1008.3926) with one block.

    Attributes:
        sent, received: ``[N]`` synapses as sender and as receiver, plus 1 so that a neuron without
            any has a rate too.
        scale: fitted to the counts of links, by maximum likelihood of the truncated Poisson.
    """

    sent: np.ndarray
    received: np.ndarray
    scale: float

    def rate(self, pairs: np.ndarray) -> np.ndarray:
        """Rates ``[P]`` of ``pairs`` ``[2, P]``, before truncation."""
        return np.asarray(self.scale * self.sent[pairs[0]] * self.received[pairs[1]])


def fit_degree_poisson(edges: np.ndarray, counts: np.ndarray, num_neurons: int) -> DegreePoisson:
    """Fit to edges ``[2, M]`` with ``counts`` ``[M]`` synapses."""
    sent, received = (1 + np.bincount(end, counts, minlength=num_neurons) for end in edges)
    product = sent[edges[0]] * received[edges[1]]
    centre = np.log(counts.mean() / product.mean())

    def loss(log_scale: float) -> float:
        return -truncated_poisson_log_prob(counts, np.exp(log_scale) * product).mean()

    found = minimize_scalar(loss, bracket=(centre - 1, centre + 1))
    return DegreePoisson(sent, received, float(np.exp(found.x)))


def fit_constant(counts: np.ndarray) -> tuple[float, float]:
    """Log mean and log dispersion of one distribution for all ``counts`` ``[M]``.

    By maximum likelihood; see :func:`connectome.scores.count_log_prob`.
    """
    values, times = np.unique(counts, return_counts=True)
    k = torch.from_numpy(values.astype(float))

    def loss(parameters: np.ndarray) -> float:
        log_mean, log_r = torch.from_numpy(parameters)
        log_prob = count_log_prob(k, log_mean.expand(len(k)), log_r)
        return -float(np.average(log_prob.numpy(), weights=times))

    start = np.array([np.log(counts.mean()), 0.0])
    log_mean, log_r = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-5}).x
    return float(log_mean), float(log_r)


def compare_counts(
    model: CountModel, edges: Tensor, synapses: Tensor, pairs: Tensor, counts: Tensor
) -> dict[str, CountScore]:
    """Held-out quality of ``model`` and of what it has to beat.

    Args:
        model: what predicts.
        edges: ``[2, M]`` training edges.
        synapses: ``[M]`` their synapses.
        pairs: ``[2, P]`` held-out links.
        counts: ``[P]`` their synapses.

    Returns:
        By name: ``model``; ``same_mean``, a truncated Poisson with the expected counts of the
        model, which lacks its spread; ``poisson``, the degree-corrected Poisson; ``constant``,
        the distribution of the model with the same mean for all links.

    Raises:
        InputError: for counts that are not whole numbers from 1.
    """
    k, seen = counts.double().numpy(), synapses.double().numpy()
    expected = model.expected_synapses(pairs).numpy()
    degree = fit_degree_poisson(edges.numpy(), seen, len(model.embedding.neuron_ids))
    rates = {
        "same_mean": truncated_poisson_rate(expected),
        "poisson": degree.rate(pairs.numpy()),
    }
    log_mean, log_r = (torch.tensor(v).double() for v in fit_constant(seen))
    constant = log_mean.expand(len(k))
    return {
        "model": _score(k, model.log_prob(pairs, counts).numpy(), expected),
        **{
            name: _score(k, truncated_poisson_log_prob(k, rate), truncated_poisson_mean(rate))
            for name, rate in rates.items()
        },
        "constant": _score(
            k,
            count_log_prob(counts.double(), constant, log_r).numpy(),
            expected_count(constant).numpy(),
        ),
    }


def _score(counts: np.ndarray, log_prob: np.ndarray, expected: np.ndarray) -> CountScore:
    return CountScore(float(-log_prob.mean()), float(mean_poisson_deviance(counts, expected)))
