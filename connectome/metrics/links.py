"""How well scores separate held-out links from unconnected pairs."""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import Tensor

from connectome.scores import Scorer
from connectome.types import InputError

CHUNK = 1 << 20


@dataclass(frozen=True)
class LinkMetrics:
    """Ranking quality on held-out links.

    Attributes:
        auc: area under the ROC curve; ties count one half.
        ap: average precision at the given mix of positives and negatives (one to one here).
    """

    auc: float
    ap: float


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
        auc=float(roc_auc_score(labels, scores)), ap=float(average_precision_score(labels, scores))
    )


def scorer_metrics(scorer: Scorer, positives: Tensor, negatives: Tensor) -> LinkMetrics:
    """Metrics of ``scorer`` on true links and unconnected pairs, ``[2, P]`` and ``[2, Q]``.

    Raises:
        InputError: if a score is NaN or infinite.
    """
    return link_metrics(_scored(scorer, positives), _scored(scorer, negatives))


def _scored(scorer: Scorer, pairs: Tensor) -> Tensor:
    """Scores ``[P]``, some pairs at a time: their factors are held for those only."""
    return torch.cat([scorer.score_pairs(part) for part in pairs.split(CHUNK, dim=1)])
