"""Graph autoencoders of Kipf & Welling 2016 (arXiv:1611.07308): mathematics only."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from connectome.models.factors import Factors
from connectome.models.losses import PairRows, inner_product_loss
from connectome.models.nn.decoders import Biases, Decoder
from connectome.models.nn.encoders import Encoder, TableEncoder
from connectome.models.sparse import SparseOperator
from connectome.scores import InnerProduct
from connectome.scores.similarity import below_all
from connectome.types import MessageGraph

MAX_LOG_STD = 10.0  # exp(10) is beyond any useful noise and still far from overflow
ACTIVE_VARIANCE = 0.01


@dataclass(frozen=True)
class Latent:
    """Posterior of every neuron: ``mean`` and, if variational, ``log_std``, ``[N, d]`` each."""

    mean: Tensor
    log_std: Tensor | None = None

    def sample(self, generator: torch.Generator) -> Tensor:
        """One draw ``[N, d]``; the mean itself where there is no variance."""
        if self.log_std is None:
            return self.mean
        noise = torch.randn(self.mean.shape, generator=generator, device=self.mean.device)
        return self.mean + noise.to(self.mean.dtype) * self.log_std.exp()


class GraphAutoencoder(nn.Module):
    """Encoder and decoder: GAE (no variance) or VGAE (every factor with a log standard deviation).

    Args:
        encoder: gives ``sides`` factors and, if variational, as many log standard deviations.
        decoder: logit of a pair from the factors of its two neurons.
        sides: 1, or 2 for other factors as a receiver than as a sender.
        biases: added to the logits, or None.
    """

    def __init__(
        self, encoder: Encoder, decoder: Decoder, sides: int = 1, biases: Biases | None = None
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.sides = sides
        self.biases = biases
        self._positives: tuple[Tensor, PairRows] | None = None

    def forward(
        self,
        operator: SparseOperator,
        features: Tensor | None,
        generator: torch.Generator | None = None,
    ) -> Latent:
        """Latent of every neuron, ``[N, sides * d]``, in the graph that ``operator`` stands for."""
        return self.latent(self.encoder(operator, features, generator))

    def latent(self, heads: tuple[Tensor, ...]) -> Latent:
        """Latent ``[S, sides * d]`` out of the factors ``[S, d]`` that an encoder gives."""
        mean, *rest = (
            torch.cat(heads[k : k + self.sides], dim=1) if self.sides > 1 else heads[k]
            for k in range(0, len(heads), self.sides)
        )
        return Latent(mean, rest[0].clamp(max=MAX_LOG_STD) if rest else None)

    def factors(self, latent: Tensor) -> tuple[Tensor, Tensor]:
        """Factors ``[N, d]`` as sender and as receiver, from ``latent`` ``[N, sides * d]``.

        The same tensor if there is one side.
        """
        sides = latent.chunk(self.sides, dim=1)
        return sides[0], sides[-1]

    def logits(self, latent: Tensor, pairs: Tensor) -> Tensor:
        """Logits ``[P]`` of ``pairs`` ``[2, P]`` from ``latent`` ``[N, sides * d]``."""
        logits: Tensor = self.decoder(*self.factors(latent), pairs)
        return logits if self.biases is None else logits + self.biases(pairs)

    def pair_biases(
        self, graph: MessageGraph, source: Tensor, target: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Biases ``[N]`` of both roles: those that were learned, or what keeps neurons that nothing
        tells apart from lying close.

        Without a training link, and with equal features, such neurons lie in one place, at distance
        0 from each other.

        Args:
            graph: with the training links.
            source, target: ``[N, d]`` factors.
        """
        if (biases := self.biases) is not None:
            sender = biases.sender.detach().float().cpu()
            same = biases.receiver is biases.sender
            return sender, sender if same else biases.receiver.detach().float().cpu()
        depth = self.decoder.similarity.depth(source, target, self.decoder.scale)
        if depth is None or graph.features is None:
            return None, None
        _, place, count = source.unique(dim=0, return_inverse=True, return_counts=True)
        told = count[place] == 1
        told[graph.edge_index.cpu().flatten()] = True
        return below_all(depth, told, told)

    @property
    def no_plain_factors(self) -> dict[str, bool]:
        """What free factors with biases, compared by products, are not: in words, and whether."""
        encoded = not isinstance(self.encoder, TableEncoder)
        product = isinstance(self.decoder.similarity, InnerProduct)
        name = self.decoder.similarity.name
        return {
            "an encoder stands before the factors (model.encoder=table has none)": encoded,
            f"model.decoder={name} is no inner product": not product,
            "there are no biases (model.biases=true mends that)": self.biases is None,
        }

    def plain_factors(self) -> Factors:
        """The parameters themselves, where :attr:`no_plain_factors` has nothing against it."""
        assert isinstance(self.encoder, TableEncoder)
        assert self.biases is not None
        sent, received = self.encoder.heads
        return Factors(sent, received, self.biases.sender, self.biases.receiver)

    @property
    def of_products(self) -> bool:
        """Whether logits are plain inner products, whose loss takes pairs by their first neuron."""
        return isinstance(self.decoder.similarity, InnerProduct) and self.biases is None

    def link_loss(
        self,
        latent: Tensor,
        positives: Tensor,
        negatives: Tensor | PairRows,
        valued: bool = True,
    ) -> Tensor:
        """Loss of links and unconnected pairs, both classes of equal weight: a scalar.

        :func:`reconstruction_loss` of the :meth:`logits` of ``positives`` ``[2, P]`` and
        ``negatives`` ``[2, Q]``, from ``latent`` ``[N, sides * d]``. Where these are plain inner
        products in float32 on the CPU, the gradient is written by hand, which is several times
        faster; ``valued`` may then be False where the gradient alone is wanted.
        """
        if not self.of_products or latent.dtype != torch.float32 or latent.device.type != "cpu":
            if isinstance(negatives, PairRows):
                negatives = negatives.pairs()
            return reconstruction_loss(
                self.logits(latent, positives), self.logits(latent, negatives)
            )
        num_neurons = len(latent)
        if not isinstance(negatives, PairRows):
            negatives = PairRows.of(negatives, num_neurons)
        if self._positives is None or self._positives[0] is not positives:  # they stay the same
            self._positives = positives, PairRows.of(positives, num_neurons)
        return inner_product_loss(*self.factors(latent), self._positives[1], negatives, valued)


def reconstruction_loss(positive: Tensor, negative: Tensor) -> Tensor:
    """Binary cross-entropy of the logits ``[P]`` and ``[Q]``, both classes of equal weight: a
    scalar.
    """
    return F.softplus(-positive).mean() + F.softplus(negative).mean()


def kl_divergence(mean: Tensor, log_std: Tensor) -> Tensor:
    r"""Mean over neurons of :math:`KL(N(\mu, \sigma^2) \,\|\, N(0, 1))`, summed over dimensions.

    A scalar in nats, of ``mean`` and ``log_std`` ``[N, d]``. Equation 10 of Kingma & Welling 2014
    (arXiv:1312.6114).
    """
    per_dimension = 0.5 * (mean.square() + (2 * log_std).exp() - 1 - 2 * log_std)
    return per_dimension.sum(dim=1).mean()


def active_units(mean: Tensor) -> int:
    """Latent dimensions whose posterior ``mean`` ``[N, d]`` has a variance above 0.01 over neurons.

    Burda, Grosse & Salakhutdinov 2016 (arXiv:1509.00519).
    """
    return int((mean.var(dim=0) > ACTIVE_VARIANCE).sum())
