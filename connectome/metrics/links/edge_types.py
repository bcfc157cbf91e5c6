"""How well the types of held-out links are predicted, beside their share and what degrees tell."""

import math
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from connectome.scores import EdgeTypeModel
from connectome.types import degrees


@dataclass(frozen=True)
class TypeScore:
    """Quality for one edge type on held-out links; NaN where no link, or every one, is of it.

    Attributes:
        base_rate: share of the links that are of this type: the AP of guessing.
        auc, ap: of the model.
        auc_degrees, ap_degrees: of a logistic regression on the degrees of both neurons.
    """

    base_rate: float
    auc: float
    ap: float
    auc_degrees: float
    ap_degrees: float


def compare_types(
    model: EdgeTypeModel, edges: Tensor, present: Tensor, pairs: Tensor, truth: Tensor
) -> dict[str, TypeScore]:
    """Held-out quality by edge type.

    Args:
        model: what predicts.
        edges: ``[2, M]`` training edges.
        present: ``[M, T]`` bool, of which types they are.
        pairs: ``[2, P]`` held-out links.
        truth: ``[P, T]`` bool, of which types those are.
    """
    logits = model.logits(pairs).numpy()
    n = len(model.embedding.neuron_ids)
    seen, asked = (_degree_features(edges, n, these) for these in (edges, pairs))
    found = {}
    for column, name in enumerate(model.names):
        label = truth[:, column].numpy()
        from_degrees = _logistic(seen, present[:, column].numpy(), asked)
        ours, theirs = _auc_ap(label, logits[:, column]), _auc_ap(label, from_degrees)
        found[name] = TypeScore(float(label.mean()), *ours, *theirs)
    return found


def _degree_features(edges: Tensor, num_neurons: int, pairs: Tensor) -> np.ndarray:
    """``[P, 4]``: log(1 + degree) of sender and receiver, outputs and inputs, in ``edges``."""
    both = [side.double().log1p().numpy() for side in degrees(edges, num_neurons)]
    return np.stack([side[end] for end in pairs.numpy() for side in both], axis=1)


def _logistic(features: np.ndarray, label: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Scores ``[P]`` of ``asked`` ``[P, F]``, all equal where there is nothing to learn."""
    if label.all() or not label.any():
        return np.zeros(len(asked))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return np.asarray(model.fit(features, label).decision_function(asked))


def _auc_ap(label: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    if label.all() or not label.any():
        return math.nan, math.nan
    return float(roc_auc_score(label, score)), float(average_precision_score(label, score))
