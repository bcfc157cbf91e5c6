"""Cross-entropy of links under inner products, with its gradient by sparse products.

Autograd gathers two factors for each pair, keeps them for the way back and scatters as many
gradients. Here the pairs are the pattern of a sparse matrix: its values are the logits (a sampled
dense-dense product), and the gradient of the factors is that matrix, with the slope of the loss as
values, times the factors. Nothing of size pairs x dimensions is ever written.
"""

from dataclasses import dataclass
from typing import Any

import torch
from scipy.sparse import csc_array
from torch import Tensor
from torch.nn import functional as F

from connectome.models.sparse import csr_product, csr_tensor

LANE = 8  # float32 numbers in a register: rows of fewer are multiplied one number at a time


@dataclass(frozen=True, eq=False)
class PairRows:
    """Pairs of neurons as the pattern of a sparse matrix ``[N, N]``; a pair may repeat.

    Attributes:
        starts: ``[N + 1]`` int32, where the pairs of each first neuron begin in ``seconds``.
        seconds: ``[P]`` int32, second neurons.
    """

    starts: Tensor
    seconds: Tensor

    @classmethod
    def of(cls, pairs: Tensor, num_neurons: int) -> "PairRows":
        """From pairs ``[2, P]``, which is quick if they are sorted by their first neuron."""
        first, second = pairs
        if bool((first[1:] < first[:-1]).any()):
            first, order = first.sort(stable=True)
            second = second[order]
        bounds = torch.arange(num_neurons + 1, dtype=first.dtype)
        return cls(torch.searchsorted(first.contiguous(), bounds, out_int32=True), second.int())

    def pairs(self) -> Tensor:
        """``[2, P]`` int64, sorted by the first neuron."""
        numbers = torch.arange(len(self.starts) - 1, device=self.starts.device)
        first = numbers.repeat_interleave(self.starts.diff())
        return torch.stack([first, self.seconds.long()])

    def logits(self, source: Tensor, target: Tensor) -> Tensor:
        """Inner products ``[P]`` of the factors ``[N, d]`` of each pair."""
        if missing := -source.shape[1] % LANE:
            source, target = F.pad(source, (0, missing)), F.pad(target, (0, missing))
        size = len(source), len(target)
        values = torch.zeros(len(self.seconds), dtype=source.dtype)
        matrix = csr_tensor(self.starts, self.seconds, values, size)
        torch.sparse.sampled_addmm(matrix, source, target.T, beta=0.0, out=matrix)
        return matrix.values()

    def times(self, values: Tensor, factors: Tensor) -> Tensor:
        """``[N, d]``, the matrix of ``values`` ``[P]`` times ``factors`` ``[N, d]``: sums by first
        neuron.
        """
        return csr_product(self.starts, self.seconds, values, factors)

    def transposed_times(self, values: Tensor, factors: Tensor) -> Tensor:
        """As :meth:`times`, ``[N, d]``, of the transposed matrix of ``values`` ``[P]``: by second
        neuron.

        ``factors`` are ``[N, d]``.
        """
        size = (len(factors), len(self.starts) - 1)
        columns = values.numpy(), self.seconds.numpy(), self.starts.numpy()
        # torch would have to sort the pairs anew; scipy adds them up as they come.
        return torch.from_numpy(csc_array(columns, shape=size) @ factors.numpy())


def inner_product_loss(
    source: Tensor,
    target: Tensor,
    positives: PairRows,
    negatives: PairRows,
    valued: bool = True,
) -> Tensor:
    r"""Binary cross-entropy of the logits :math:`s_i \cdot t_j`, both classes with equal weight.

    What :func:`~connectome.models.nn.autoencoders.reconstruction_loss` gives of the logits of
    the inner product, to rounding, and differentiable once.

    Args:
        source: ``[N, d]`` float32 factors of the senders, on the CPU.
        target: ``[N, d]`` float32 of the receivers; may be the same tensor.
        positives: links.
        negatives: unconnected pairs.
        valued: False if the gradient alone is wanted, which is faster; the value is NaN then.

    Returns:
        A scalar.
    """
    loss: Tensor = _InnerProductLoss.apply(source, target, positives, negatives, valued)
    return loss


class _InnerProductLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        source: Tensor,
        target: Tensor,
        positives: PairRows,
        negatives: PairRows,
        valued: bool,
    ) -> Tensor:
        loss = torch.zeros(()) if valued else torch.tensor(torch.nan)
        gradients = torch.zeros_like(source), torch.zeros_like(target)
        with torch.autocast("cpu", enabled=False):
            for pairs, sign in ((positives, -1.0), (negatives, 1.0)):
                logits = pairs.logits(source, target).mul_(sign)
                if valued:
                    loss += F.softplus(logits).mean()
                slopes = logits.sigmoid_().mul_(sign / len(logits))
                gradients[0].add_(pairs.times(slopes, target))
                gradients[1].add_(pairs.transposed_times(slopes, source))
        ctx.gradients = gradients
        return loss

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        source, target = ctx.gradients
        return gradient * source, gradient * target, None, None, None
