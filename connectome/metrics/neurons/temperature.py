"""Margins of a classifier turned into probabilities by one temperature, within bounds.

Temperature scaling: Guo et al. 2017, arXiv:1706.04599.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.model_selection import cross_val_predict

from connectome.metrics.neurons.folds import Folds

LEAST = 1e-12  # probability that is told from none, where a classifier has no margins


@dataclass(frozen=True, eq=False)
class Tempered:
    """A fitted classifier of three classes or more, with calibrated probabilities.

    Attributes:
        model: of scikit-learn.
        sharpness: what its margins are multiplied by, the inverse temperature.
        doubt: share of the probability that is spread evenly over the ``K`` classes. It is
            ``1 / (n + 2)`` for a calibration on ``n`` samples: where all of them are told apart, no
            finite temperature is the most likely one and probabilities of 1e-55 come out, which
            ``n`` samples cannot vouch for. So none is below ``doubt / K``.
    """

    model: Any
    sharpness: float
    doubt: float

    @property
    def classes_(self) -> np.ndarray:
        """``[K]`` the classes, in the order of columns."""
        return np.asarray(self.model.classes_)

    def predict_proba(self, x: np.ndarray | sp.csr_array) -> np.ndarray:
        """Probabilities ``[N, K]`` of samples ``[N, F]``."""
        margins = _margins(getattr(self.model, _method(self.model))(x), self.model)
        likely = softmax(self.sharpness * margins, axis=1)
        return np.asarray((1 - self.doubt) * likely + self.doubt / likely.shape[1])

    def predict(self, x: np.ndarray | sp.csr_array) -> np.ndarray:
        """The likeliest class ``[N]`` for ``x`` ``[N, F]``."""
        return np.asarray(self.classes_[self.predict_proba(x).argmax(axis=1)])


def tempered(
    model: Any,
    x: np.ndarray | sp.csr_array,
    y: np.ndarray,
    folds: Folds,
) -> Tempered:
    """Fit ``model``, and its temperature on the margins of samples that it did not see.

    Each sample counts with ``1 - doubt`` for its own class and with the rest for the others, as
    in Platt 1999: so the most likely temperature is finite.

    Args:
        model: of scikit-learn, not fitted.
        x: ``[N, F]``.
        y: ``[N]`` of three classes or more.
        folds: positions ``[n]`` to train on and ``[m]`` to test on; every training part must have
            all classes.
    """
    margins = _margins(cross_val_predict(model, x, y, cv=folds, method=_method(model)), model)
    own = np.arange(margins.shape[1]) == np.unique(y, return_inverse=True)[1][:, None]
    doubt = 1 / (len(y) + 2)
    target = np.where(own, 1 - doubt, doubt / (margins.shape[1] - 1))

    def loss(log_sharpness: float) -> float:
        likely = log_softmax(np.exp(log_sharpness) * margins, axis=1)
        return float(-(target * likely).sum(axis=1).mean())

    found = minimize_scalar(loss, bounds=(-10, 10), method="bounded", options={"xatol": 1e-8})
    return Tempered(model.fit(x, y), float(np.exp(found.x)), doubt)


def _method(model: Any) -> str:
    return "decision_function" if hasattr(model, "decision_function") else "predict_proba"


def _margins(values: np.ndarray, model: Any) -> np.ndarray:
    """Margins as they are; of a classifier without them, logarithms of its probabilities."""
    return values if _method(model) == "decision_function" else np.log(values + LEAST)
