"""One head for all methods: a logistic regression on what a method knows of a pair."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from connectome.scores.embedding import Embedding
from connectome.scores.scorer import Scorer
from connectome.types import MessageGraph, degrees

MAX_KNOTS = 1000
MAX_PAIRS = 50_000  # of each class: more do not change 100 coefficients


@dataclass(frozen=True, eq=False)
class TrainedHead:
    r"""Logit that is linear in features of a pair, the same for every method.

    Of an embedding: the Hadamard product :math:`s_i t_j`, the distance by dimension
    :math:`|s_i - t_j|`, its biases if it has any, and the logarithms of the presynaptic neuron's
    out-degree and the postsynaptic one's in-degree. Of a method without factors: its score, as a
    normal quantile since such scores have heavy tails, and the same degrees.

    Attributes:
        base: the method.
        out_bias, in_bias: ``[N]`` float64, what degrees and biases of a neuron add as sender and
            as receiver.
        product, difference: ``[d]`` weights; a method without factors has one ``product``, that
            of its score.
        knots: ``[2, K]`` scores and their normal quantiles, of a method without factors.
    """

    base: Scorer
    out_bias: Tensor
    in_bias: Tensor
    product: Tensor
    difference: Tensor
    knots: np.ndarray | None = None

    @property
    def method(self) -> str:
        """Name of the method, ``+head``."""
        return f"{self.base.method}+head"

    @property
    def neuron_ids(self) -> np.ndarray:
        """``[N]`` ids in row order."""
        return self.base.neuron_ids

    @property
    def data_fingerprint(self) -> str:
        """Fingerprint of the data set."""
        return self.base.data_fingerprint

    @property
    def latent_dim(self) -> int | None:
        """Number of latent dimensions ``d`` of the method."""
        return self.base.latent_dim

    @property
    def numbers_per_neuron(self) -> float:
        """Those of the method, and the degrees unless the method implies them."""
        if _factors(self.base) is None:
            return self.base.numbers_per_neuron  # they follow from its links or its own degrees
        return self.base.numbers_per_neuron + (1 if self.out_bias is self.in_bias else 2)

    def score_pairs(self, pairs: Tensor) -> Tensor:
        """Logits ``[P]`` float64 of ``pairs`` ``[2, P]``."""
        logit = self.out_bias[pairs[0]] + self.in_bias[pairs[1]]
        if (base := _factors(self.base)) is None:
            return logit + self.product * self._quantile(self.base.score_pairs(pairs))
        features = _factor_features(base, pairs)
        return logit + features @ torch.cat([self.product, self.difference])

    def score_rows(self, sources: Tensor) -> Tensor:
        """Logits ``[S, N]`` float64 of ``sources`` ``[S]`` to every neuron."""
        logit = self.out_bias[sources, None] + self.in_bias
        if (base := _factors(self.base)) is None:
            return logit + self.product * self._quantile(self.base.score_rows(sources))
        source, target = base.source[sources].double(), base.target.double()
        logit = logit + (source * self.product) @ target.T
        for weight, s, t in zip(self.difference, source.T, target.T, strict=True):
            logit += (s[:, None] - t).abs_().mul_(weight)
        return logit

    def _quantile(self, scores: Tensor) -> Tensor:
        assert self.knots is not None
        return torch.from_numpy(np.interp(scores.double().numpy(), *self.knots))


def fit_head(
    base: Scorer, graph: MessageGraph, positives: Tensor, negatives: Tensor
) -> TrainedHead:
    """Fit the head on training links only, with the regularisation scikit-learn defaults to.

    Args:
        base: the method.
        graph: the training graph, for the degrees.
        positives: ``[2, P]`` training links; the first 50,000 are used.
        negatives: ``[2, Q]`` pairs without a training edge; the first 50,000 are used.

    Returns:
        The head; of an undirected graph it is symmetric.
    """
    pairs = torch.cat([positives[:, :MAX_PAIRS], negatives[:, :MAX_PAIRS]], dim=1)
    labels = np.repeat([1, 0], [min(p.shape[1], MAX_PAIRS) for p in (positives, negatives)])
    out_degree, in_degree = (
        degree.double().log1p() for degree in degrees(graph.edge_index, graph.num_neurons)
    )
    knots = None
    if (factors := _factors(base)) is not None:
        columns = _factor_features(factors, pairs)
    else:
        scores = base.score_pairs(pairs).double().numpy()
        knots = _normal_quantiles(scores)
        columns = torch.from_numpy(np.interp(scores, *knots))[:, None]
    senders, receivers = _side_features(base, out_degree, in_degree)
    by_side = [senders[:, pairs[0]], receivers[:, pairs[1]]]
    if not graph.directed:
        by_side = [by_side[0] + by_side[1]]
    weights, offset = _fit(torch.cat([columns, *(each.T for each in by_side)], 1).numpy(), labels)
    of_pairs, of_sides = weights[: columns.shape[1]], weights[columns.shape[1] :]
    half = len(of_pairs) // 2
    out_bias = of_sides[: len(senders)] @ senders + offset / 2
    in_bias = of_sides[-len(receivers) :] @ receivers + offset / 2 if graph.directed else out_bias
    return TrainedHead(
        base=base,
        out_bias=out_bias,
        in_bias=in_bias,
        product=of_pairs[:half] if half else of_pairs,
        difference=of_pairs[half:] if half else of_pairs[:0],
        knots=knots,
    )


def _factors(base: Scorer) -> Embedding | None:
    """The method, if factors and biases are all that it scores by."""
    return base if isinstance(base, Embedding) and base.of_factors else None


def _side_features(base: Scorer, out_degree: Tensor, in_degree: Tensor) -> tuple[Tensor, Tensor]:
    """What a neuron brings as sender and as receiver, ``[1 or 2, N]``: log degree, own bias."""
    sender, receiver = [out_degree], [in_degree]
    if (factors := _factors(base)) is not None and factors.source_bias is not None:
        assert factors.target_bias is not None
        sender.append(factors.source_bias.double())
        receiver.append(factors.target_bias.double())
    return torch.stack(sender), torch.stack(receiver)


def _normal_quantiles(scores: np.ndarray) -> np.ndarray:
    """``[2, K]`` distinct scores with the normal quantile of their middle rank."""
    values, counts = np.unique(scores, return_counts=True)
    middle = (counts.cumsum() - counts / 2) / len(scores)
    if len(values) > MAX_KNOTS:
        kept = np.linspace(0, len(values) - 1, MAX_KNOTS).round().astype(int)
        values, middle = values[kept], middle[kept]
    return np.stack([values, norm.ppf(middle)])


def _factor_features(base: Embedding, pairs: Tensor) -> Tensor:
    source = base.source.index_select(0, pairs[0]).double()
    target = base.target.index_select(0, pairs[1]).double()
    return torch.cat([source * target, (source - target).abs()], dim=1)


def _fit(features: np.ndarray, labels: np.ndarray) -> tuple[Tensor, float]:
    """Weights and offset for features as they are; inside, they are standardised."""
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(max_iter=1000).fit(scaler.transform(features), labels)
    weights = model.coef_[0] / scaler.scale_
    return torch.from_numpy(weights), float(model.intercept_[0] - weights @ scaler.mean_)
