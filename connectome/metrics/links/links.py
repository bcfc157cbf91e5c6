"""How well scores separate held-out links from unconnected pairs."""

from dataclasses import dataclass

import numpy as np
import torch
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
    links, absent = _levels(scores, len(positive))
    return LinkMetrics(
        auc=_roc_auc(links, absent),
        ap=_average_precision(links, absent),
        links=len(positive),
        negatives=len(negative),
        tied=float((links * absent).sum() / max(links.sum() * absent.sum(), 1)),
    )


def _levels(scores: np.ndarray, num_links: int) -> tuple[np.ndarray, np.ndarray]:
    """Links and unconnected pairs of each different score, from the highest, float64.

    The links come first in ``scores``.
    """
    order = np.argsort(scores)[::-1]
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    until = np.cumsum(order < num_links)[ends].astype(np.float64)
    links = np.diff(until, prepend=0.0)
    return links, np.diff(ends + 1.0, prepend=0.0) - links


def _roc_auc(links: np.ndarray, absent: np.ndarray) -> float:
    """Area under the ROC curve, as scikit-learn's ``roc_auc_score`` to the last bit.

    It leaves out corners of the curve at which it does not turn before it adds up the rest.
    """
    found, false = links.cumsum(), absent.cumsum()
    turns = np.ones(len(found), dtype=bool)
    turns[1:-1] = np.logical_or(np.diff(false, 2), np.diff(found, 2))
    false_rate, found_rate = (np.append(0.0, n[turns]) / n[-1] for n in (false, found))
    return float((np.diff(false_rate) * (found_rate[1:] + found_rate[:-1]) / 2.0).sum())


def _average_precision(links: np.ndarray, absent: np.ndarray) -> float:
    """Average precision, as scikit-learn's ``average_precision_score`` to the last bit."""
    found = links.cumsum()
    precision, recall = found / (found + absent.cumsum()), found / found[-1]
    steps = np.diff(np.append(recall[::-1], 0.0))
    return float(max(0.0, -np.sum(steps * precision[::-1])))


def scorer_metrics(scorer: Scorer, positives: Tensor, negatives: Tensor) -> LinkMetrics:
    """Metrics of ``scorer`` on true links and unconnected pairs, ``[2, P]`` and ``[2, Q]``.

    Raises:
        InputError: if a score is NaN or infinite.
    """
    return link_metrics(_scored(scorer, positives), _scored(scorer, negatives))


def _scored(scorer: Scorer, pairs: Tensor) -> Tensor:
    """Scores ``[P]``, some pairs at a time: their factors are held for those only."""
    return torch.cat([scorer.score_pairs(part) for part in pairs.split(CHUNK, dim=1)])
