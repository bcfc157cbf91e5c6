"""How many synapses a link has, given that there is one."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from connectome.scores.embedding import Embedding
from connectome.scores.readout import Readout, require_fit
from connectome.types import InputError

# Bounds of log means and log dispersions: far outside of any data, but exp() of them is a number.
_MEANS, _DISPERSIONS = (-30.0, 30.0), (-6.0, 6.0)


def count_log_prob(counts: Tensor, log_mean: Tensor, log_dispersion: Tensor) -> Tensor:
    r"""Log-probability of counts ``k >= 1`` of links.

    :math:`\mathrm{NB}(k - 1; \mu, r)`, the negative binomial of the synapses beyond the first, with
    mean :math:`\mu` and variance :math:`\mu + \mu^2 / r`.

    Args:
        counts: ``[P]`` whole numbers from 1.
        log_mean: ``[P]``, :math:`\log \mu`.
        log_dispersion: a scalar, :math:`\log r`.

    Returns:
        ``[P]``, differentiable in both parameters.
    """
    eta, log_r = log_mean.clamp(*_MEANS), log_dispersion.clamp(*_DISPERSIONS)
    excess = F.softplus(eta - log_r)  # log(1 + mu / r), without overflow
    empty = log_r.exp() * excess  # minus the log of the probability of 0
    r, k = log_r.exp(), counts - 1
    value = torch.lgamma(k + r) - torch.lgamma(r) - torch.lgamma(k + 1)
    return value + k * (eta - log_r - excess) - empty


def expected_count(log_mean: Tensor) -> Tensor:
    """Expected number of synapses ``[P]`` of links, 1 or more, from ``log_mean`` ``[P]``."""
    return 1 + log_mean.clamp(*_MEANS).exp()


@dataclass(frozen=True, eq=False, repr=False)
class CountModel:
    """Distribution of the synapses of a link, given that there is one; see :func:`count_log_prob`.

    Attributes:
        embedding: the embedding that it was trained with.
        readout: one answer a pair, the log mean.
        log_dispersion: the same for all pairs.
    """

    embedding: Embedding
    readout: Readout
    log_dispersion: float

    def __post_init__(self) -> None:
        require_fit(self.readout, self.embedding)

    def __repr__(self) -> str:
        return f"<CountModel of {self.embedding!r}>"

    def log_mean(self, pairs: Tensor) -> Tensor:
        """Log mean ``[P]`` float64 of the synapses beyond the first, for ``pairs`` ``[2, P]``."""
        return self.readout(self.embedding, pairs)[:, 0]

    def expected_synapses(self, pairs: Tensor) -> Tensor:
        """Expected synapses ``[P]`` float64 of ``pairs`` ``[2, P]``, if they are linked."""
        return expected_count(self.log_mean(pairs))

    def log_prob(self, pairs: Tensor, counts: Tensor) -> Tensor:
        """Log-probability ``[P]`` float64 that links ``pairs`` have ``counts`` ``[P]`` synapses.

        Raises:
            InputError: for counts that are not whole numbers from 1.
        """
        counts = require_counts(counts, "counts").double()
        return count_log_prob(counts, self.log_mean(pairs), self._log_r)

    def sample(self, pairs: Tensor, rng: np.random.Generator) -> np.ndarray:
        """Synapse counts ``[P]`` float64, drawn for links ``pairs`` ``[2, P]``."""
        eta = self.log_mean(pairs).clamp(*_MEANS).numpy()
        size = float(self._log_r.clamp(*_DISPERSIONS).exp())
        share = size / (size + np.exp(eta))
        return 1.0 + rng.negative_binomial(size, share)

    @property
    def _log_r(self) -> Tensor:
        return torch.tensor(self.log_dispersion, dtype=torch.float64)


def require_counts(counts: Tensor, what: str) -> Tensor:
    """``counts`` ``[P]`` as they are, ``[P]``, once they are checked.

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
