"""How well scores separate held-out links from unconnected pairs."""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import Tensor

from connectome.scores import Scorer
from connectome.types import InputError

CHUNK = 1 << 20
FEW = 20  # links or unconnected pairs; a figure of fewer is mostly chance


@dataclass(frozen=True)
class LinkMetrics:
    """Ranking quality on held-out links.

    Attributes:
        auc: area under the ROC curve; ties count one half.
        ap: average precision at the given mix of positives and negatives (one to one here).
        links: how many links were scored.
        negatives: how many unconnected pairs were.
        tied: share of the comparisons of a link with an unconnected pair that are ties. At 1 the
            scores are constant, and the AUC is .5 whatever the method.
    """

    auc: float
    ap: float
    links: int
    negatives: int
    tied: float

    def named(self, part: str) -> dict[str, float]:
        """By name, as it stands in ``metrics.json``: ``test/auc`` and so on."""
        return {f"{part}/{name}": value for name, value in vars(self).items()}


def cautions(metrics: LinkMetrics) -> list[str]:
    """Why figures say little: too few pairs, or constant scores."""
    found = []
    if min(metrics.links, metrics.negatives) < FEW:
        found.append(
            f"{metrics.links} links and {metrics.negatives} unconnected pairs; figures of fewer "
            f"than {FEW} say little"
        )
    if metrics.tied == 1:
        found.append("all scores are equal (constant score), so the AUC is .5 whatever the method")
    return found


def link_metrics(positive: Tensor, negative: Tensor) -> LinkMetrics:
    """Metrics of the scores ``[P]`` of true links and ``[Q]`` of unconnected pairs.

    Raises:
        InputError: if a score is NaN or infinite.
    """
    scores = np.concatenate([positive.numpy(), negative.numpy()])
    if not np.isfinite(scores).all():
        raise InputError(
            "link scores are NaN or infinite: training diverged, so lower model.learning_rate"
        )
    labels = np.repeat([1, 0], [len(positive), len(negative)])
    return LinkMetrics(
        auc=float(roc_auc_score(labels, scores)),
        ap=float(average_precision_score(labels, scores)),
        links=len(positive),
        negatives=len(negative),
        tied=_tied(scores, labels == 1),
    )


def _tied(scores: np.ndarray, is_link: np.ndarray) -> float:
    """Share of the pairs of a link and a negative with equal scores."""
    _, level = np.unique(scores, return_inverse=True)
    links, negatives = np.bincount(level[is_link]), np.bincount(level[~is_link])
    shared = min(len(links), len(negatives))
    ties = (links[:shared].astype(np.float64) * negatives[:shared]).sum()
    return float(ties / max(links.sum() * negatives.sum(), 1))


def scorer_metrics(scorer: Scorer, positives: Tensor, negatives: Tensor) -> LinkMetrics:
    """Metrics of ``scorer`` on true links and unconnected pairs, ``[2, P]`` and ``[2, Q]``.

    Raises:
        InputError: if a score is NaN or infinite.
    """
    return link_metrics(_scored(scorer, positives), _scored(scorer, negatives))


def _scored(scorer: Scorer, pairs: Tensor) -> Tensor:
    """Scores ``[P]``, some pairs at a time: their factors are held for those only."""
    return torch.cat([scorer.score_pairs(part) for part in pairs.split(CHUNK, dim=1)])
