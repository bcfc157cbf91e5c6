"""How many synapses a link has, given that there is one."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from scipy.stats import nbinom
from torch import Tensor
from torch.nn import functional as F

from connectome.scores.embedding import Embedding
from connectome.scores.readout import Readout, require_fit
from connectome.types import InputError

CountFamily = Literal["truncated", "shifted"]
# Bounds of log means and log dispersions: far outside of any data, but exp() of them is a number.
_MEANS, _DISPERSIONS = (-30.0, 30.0), (-6.0, 6.0)


def count_log_prob(
    counts: Tensor, log_mean: Tensor, log_dispersion: Tensor, family: CountFamily
) -> Tensor:
    r"""Log-probability of counts ``k >= 1`` of links.

    With :math:`\mathrm{NB}(\cdot; \mu, r)` the negative binomial of mean :math:`\mu` and variance
    :math:`\mu + \mu^2 / r`, ``truncated`` is :math:`\mathrm{NB}(k; \mu, r) / (1 - \mathrm{NB}(0;
    \mu, r))`, the second part of a hurdle model (Mullahy 1986, doi:10.1016/0304-4076(86)90002-3);
    ``shifted`` is :math:`\mathrm{NB}(k - 1; \mu, r)`. The truncated one has no heavier tail than
    the logarithmic distribution, its limit at :math:`r = 0`; where fits run into that limit (the
    larval brain), the shifted one is the better choice.

    Args:
        counts: ``[P]`` whole numbers from 1.
        log_mean: ``[P]``, :math:`\log \mu`.
        log_dispersion: a scalar, :math:`\log r`.
        family: ``truncated`` or ``shifted``.

    Returns:
        ``[P]``, differentiable in both parameters.
    """
    excess, eta, log_r, growth = _terms(log_mean, log_dispersion)
    r = log_r.exp()
    k = counts if family == "truncated" else counts - 1
    value = torch.lgamma(k + r) - torch.lgamma(r) - torch.lgamma(k + 1)
    value = value + k * (eta - log_r - excess) - growth
    return value - torch.log(-torch.expm1(-growth)) if family == "truncated" else value


def expected_count(log_mean: Tensor, log_dispersion: Tensor, family: CountFamily) -> Tensor:
    """Expected number of synapses ``[P]`` of a link; at least 1."""
    _, eta, _, growth = _terms(log_mean, log_dispersion)
    if family == "shifted":
        return 1 + eta.exp()
    return eta.exp() / -torch.expm1(-growth)


def _terms(log_mean: Tensor, log_dispersion: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """``log(1 + mu / r)``, ``log mu``, ``log r`` and ``-log NB(0)``, without overflow."""
    eta, log_r = log_mean.clamp(*_MEANS), log_dispersion.clamp(*_DISPERSIONS)
    excess = F.softplus(eta - log_r)
    return excess, eta, log_r, log_r.exp() * excess


@dataclass(frozen=True, eq=False, repr=False)
class CountModel:
    """Distribution of the synapses of a link, given that there is one; see :func:`count_log_prob`.

    Attributes:
        embedding: the embedding that it was trained with.
        readout: one answer a pair, the log mean.
        log_dispersion: the same for all pairs.
        family: ``truncated`` or ``shifted``.
    """

    embedding: Embedding
    readout: Readout
    log_dispersion: float
    family: CountFamily = "shifted"

    def __post_init__(self) -> None:
        require_fit(self.readout, self.embedding)
        if self.family not in get_args(CountFamily):
            raise InputError(f"counts: unknown family '{self.family}'")

    def __repr__(self) -> str:
        return f"<CountModel ({self.family} negative binomial) of {self.embedding!r}>"

    def log_mean(self, pairs: Tensor) -> Tensor:
        """Log mean ``[P]`` float64, before truncation or shift, for ``pairs`` ``[2, P]``."""
        return self.readout(self.embedding, pairs)[:, 0]

    def expected_synapses(self, pairs: Tensor) -> Tensor:
        """Expected synapses ``[P]`` float64 of ``pairs`` ``[2, P]``, if they are linked."""
        return expected_count(self.log_mean(pairs), self._log_r, self.family)

    def log_prob(self, pairs: Tensor, counts: Tensor) -> Tensor:
        """Log-probability ``[P]`` float64 that links ``pairs`` have ``counts`` ``[P]`` synapses.

        Raises:
            InputError: for counts that are not whole numbers from 1.
        """
        counts = require_counts(counts, "counts").double()
        return count_log_prob(counts, self.log_mean(pairs), self._log_r, self.family)

    def sample(self, pairs: Tensor, rng: np.random.Generator) -> np.ndarray:
        """Synapse counts ``[P]`` float64, drawn for links ``pairs`` ``[2, P]``."""
        eta = self.log_mean(pairs).clamp(*_MEANS).numpy()
        size = float(self._log_r.clamp(*_DISPERSIONS).exp())
        share = size / (size + np.exp(eta))
        if self.family == "shifted":
            return 1.0 + rng.negative_binomial(size, share)
        # Of a count above 0 the quantile is uniform above the probability of 0.
        empty = share**size
        quantile = empty + (1 - empty) * rng.random(len(share))
        return np.maximum(nbinom.ppf(quantile, size, share), 1.0)

    @property
    def _log_r(self) -> Tensor:
        return torch.tensor(self.log_dispersion, dtype=torch.float64)


def require_counts(counts: Tensor, what: str) -> Tensor:
    """The counts ``[P]`` themselves.

    Raises:
        InputError: if one is not a whole number from 1.
    """
    wrong = counts[(counts < 1) | (counts != counts.round())]
    if len(wrong):
        raise InputError(
            f"{what}: {float(wrong[0]):g} synapses on a link; a distribution of counts needs whole "
            "numbers from 1, so set model.heads.count_weight=0"
        )
    return counts
