"""Graph autoencoders on a sample of the graph, and on all of it block by block."""

import warnings
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from connectome.models.nn.autoencoders import GraphAutoencoder, Latent
from connectome.models.nn.decoders import Biases
from connectome.models.nn.encoders import Encoder, GCNEncoder, LinearEncoder, TableEncoder
from connectome.models.sparse import SparseOperator

HOPS: dict[type[nn.Module], int] = {TableEncoder: 0, LinearEncoder: 1, GCNEncoder: 2}


@dataclass(frozen=True, eq=False)
class Sample:
    """The part of a graph that a step computes on.

    Attributes:
        neurons: ``[S]`` int64, whose factors come out.
        inputs: ``[I]`` int64, whose features or rows of a table go in.
        hops: matrices from ``inputs`` to ``neurons``, in the order in which they are applied.
    """

    neurons: Tensor
    inputs: Tensor
    hops: tuple[SparseOperator, ...]


def rectangle(starts: Tensor, columns: Tensor, values: Tensor, width: int) -> SparseOperator:
    """A matrix ``[R, width]`` from its compressed rows, with its transpose.

    Args:
        starts: ``[R + 1]`` int32.
        columns: ``[Q]`` int32.
        values: ``[Q]``.
        width: number of columns.
    """
    height = len(starts) - 1
    order = columns.sort(stable=True)  # of int32: half the time of int64
    counts = torch.bincount(columns, minlength=width)
    turned = torch.zeros(width + 1, dtype=torch.int32, device=starts.device)
    turned[1:] = counts.cumsum(0)
    row = torch.repeat_interleave(
        torch.arange(height, dtype=torch.int32, device=starts.device), starts.diff()
    )
    return SparseOperator(
        _csr(starts, columns, values, (height, width)),
        _csr(turned, row[order.indices], values[order.indices], (width, height)),
    )


def _csr(starts: Tensor, columns: Tensor, values: Tensor, size: tuple[int, int]) -> Tensor:
    with warnings.catch_warnings():  # 'CSR support is in beta', at every first use
        warnings.filterwarnings("ignore", message="Sparse", category=UserWarning)
        return torch.sparse_csr_tensor(starts, columns, values, size=size, check_invariants=False)


def take_rows(table: Tensor, rows: Tensor) -> Tensor:
    """``table[rows]`` ``[R, K]`` with a sparse gradient, as ``torch.nn.Embedding(sparse=True)``
    gives.

    ``table`` is ``[N, K]``. ``rows`` ``[R]`` must be sorted and all different: the gradient then
    needs no further sort.
    """
    taken: Tensor = _TakeRows.apply(table, rows)
    return taken


class _TakeRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, table: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        ctx.shape = table.shape  # type: ignore[attr-defined]
        return table.index_select(0, rows)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors  # type: ignore[attr-defined]
        shape = ctx.shape  # type: ignore[attr-defined]
        return sparse_rows(rows, gradient, shape), None


def sparse_rows(rows: Tensor, values: Tensor, shape: torch.Size) -> Tensor:
    """Sparse ``[N, K]`` (``shape``) with ``values`` ``[R, K]`` in ``rows`` ``[R]``.

    The rows must be sorted and all different.
    """
    return torch.sparse_coo_tensor(
        rows[None], values, shape, check_invariants=False, is_coalesced=True
    )


def tables(network: GraphAutoencoder, features: Tensor | None) -> list[nn.Parameter]:
    """Parameters with a row for each neuron: those that a sample touches in a few rows only.

    ``features`` are ``[N, F]`` or None.
    """
    encoder, found = network.encoder, []
    if isinstance(encoder, TableEncoder):
        found = list(encoder.heads)
    elif features is None:
        found = list(encoder.heads) if isinstance(encoder, LinearEncoder) else [encoder.first]
    if network.biases is not None:
        found += list(network.biases.parameters())
    return found


def sampled_latent(
    network: GraphAutoencoder,
    sample: Sample,
    features: Tensor | None,
    generator: torch.Generator | None = None,
) -> Latent:
    """Latent ``[S, sides * d]`` of ``sample.neurons``; ``features`` is ``[N, F]`` or None."""
    return network.latent(_heads(network.encoder, sample, features, generator))


def _heads(
    encoder: Encoder,
    sample: Sample,
    features: Tensor | None,
    generator: torch.Generator | None,
) -> tuple[Tensor, ...]:
    if isinstance(encoder, TableEncoder):
        return tuple(take_rows(table, sample.neurons) for table in encoder.heads)
    seen = None if features is None else features.index_select(0, sample.inputs)

    def entry(weights: Tensor) -> Tensor:
        return take_rows(weights, sample.inputs) if seen is None else seen @ weights

    if isinstance(encoder, LinearEncoder):
        [hop] = sample.hops
        entries = torch.cat([entry(weights) for weights in encoder.heads], dim=1)
        return (hop @ entries).chunk(len(encoder.heads), dim=1)
    inner, outer = sample.hops
    return encoder.convolved((inner, outer), entry(encoder.first), generator)


def sampled_logits(
    network: GraphAutoencoder, latent: Tensor, neurons: Tensor, pairs: Tensor
) -> Tensor:
    """Logits ``[P]`` of ``pairs`` ``[2, P]``, positions in ``neurons`` ``[S]``.

    ``latent`` ``[S, sides * d]`` is that of these neurons.
    """
    logits: Tensor = network.decoder(*network.factors(latent), pairs)
    return logits if network.biases is None else logits + _biases(network.biases, neurons, pairs)


def _biases(biases: Biases, neurons: Tensor, pairs: Tensor) -> Tensor:
    sender = take_rows(biases.sender, neurons)
    one_role = biases.receiver is biases.sender
    receiver = sender if one_role else take_rows(biases.receiver, neurons)
    return sender.index_select(0, pairs[0]) + receiver.index_select(0, pairs[1])


def weighted_prior(latent: Latent, ends: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    r"""Estimates over all neurons: mean :math:`KL(q_i \,\|\, N(0, 1))`, mean squared length.

    Args:
        latent: of the neurons in a sample.
        ends: ``[K]`` positions of neurons that were drawn.
        weights: ``[K]``, 1 / (N times the probability with which a draw gives that neuron).

    Returns:
        Two scalars, the divergence in nats.
    """
    mean = latent.mean
    length = mean.square().sum(dim=1)
    divergence = torch.zeros_like(length)
    if latent.log_std is not None:
        spread = ((2 * latent.log_std).exp() - 1 - 2 * latent.log_std).sum(dim=1)
        divergence = 0.5 * (length + spread)
    both = torch.stack([divergence, length], dim=1).index_select(0, ends)
    kl, squares = (both * weights.to(both.dtype)[:, None]).mean(dim=0)
    return kl, squares


class RowBlocks:
    r"""Products with :math:`\hat A` of the whole graph that never hold its weights at once.

    Without gradients. Beside the result it takes memory for ``links`` links, or for those of one
    neuron if it has more.

    Args:
        starts, ends: compressed rows of the undirected graph without self-loops, ``[N + 1]`` int64
            and ``[M]`` int32.
        links: how many links a block may have.
    """

    def __init__(self, starts: Tensor, ends: Tensor, links: int = 1 << 20) -> None:
        self.starts = starts
        self.ends = ends
        self.links = links
        self.scale = (starts.diff() + 1).float().rsqrt()

    @torch.no_grad()
    def __matmul__(self, dense: Tensor) -> Tensor:
        """Product ``[N, K]`` with ``dense`` ``[N, K]``, in its type but at least float32."""
        kind = torch.float64 if dense.dtype == torch.float64 else torch.float32
        scale = self.scale.to(kind)[:, None]
        scaled = scale * dense.to(kind)
        blocks = [self._block(first, last, scaled) for first, last in self._bounds()]
        return (scale * (torch.cat(blocks) + scaled)).to(dense.dtype)

    def _block(self, first: int, last: int, scaled: Tensor) -> Tensor:
        begin, end = (int(self.starts[at]) for at in (first, last))
        starts = (self.starts[first : last + 1] - begin).int()
        ones = torch.ones(end - begin, dtype=scaled.dtype, device=scaled.device)
        size = (last - first, len(scaled))
        return _csr(starts, self.ends[begin:end], ones, size) @ scaled

    def _bounds(self) -> list[tuple[int, int]]:
        """First and one past the last neuron of each block."""
        total, neurons = int(self.starts[-1]), len(self.starts) - 1
        marks = torch.arange(0, total, self.links, device=self.starts.device)
        cuts = torch.searchsorted(self.starts, marks, right=True) - 1
        cuts = torch.cat([cuts, cuts.new_tensor([0, neurons])]).unique().tolist()
        return list(pairwise(cuts))
