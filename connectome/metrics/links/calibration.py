"""Whether a probability of 0.8 comes true 8 times in 10."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from torch import Tensor

BINS = 15


@dataclass(frozen=True)
class Calibrator:
    """Scores to probabilities by ``sigmoid(slope * score + offset)``: Platt 1999.

    The slope is the inverse temperature; the offset is there because scores that are counts or
    distances do not cross zero where a link becomes likelier than not.

    Attributes:
        slope, offset: fitted on validation scores.
    """

    slope: float
    offset: float

    def __call__(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities ``[P]`` of scores ``[P]``."""
        return np.asarray(expit(self.slope * scores + self.offset))


def fit_calibrator(positive: Tensor, negative: Tensor) -> Calibrator:
    """Fit to scores ``[P]`` of links and ``[Q]`` of absent pairs by maximum likelihood.

    Both classes weigh as much as they are many.

    The slope is not negative: calibration never turns a ranking round.
    """
    scores = np.concatenate([positive.double().numpy(), negative.double().numpy()])
    labels = np.repeat([1, 0], [len(positive), len(negative)])
    centre, scale = scores.mean(), scores.std() or 1.0
    model = LogisticRegression(C=1e6).fit(((scores - centre) / scale)[:, None], labels)
    slope, offset = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope <= 0:
        slope, offset = 0.0, float(np.log(len(positive) / len(negative)))
    return Calibrator(slope / scale, offset - slope * centre / scale)


def brier_score(probability: np.ndarray, label: np.ndarray) -> float:
    """Mean squared difference of ``probability`` and outcome ``label``, ``[P]`` each.

    Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    return float(np.mean((probability - label) ** 2))


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predictions in bins of equal width.

    Attributes:
        confidence: ``[B]`` mean probability in each bin, NaN where it is empty.
        frequency: ``[B]`` share of links in each bin, NaN where it is empty.
        count: ``[B]`` number of pairs.
    """

    confidence: np.ndarray
    frequency: np.ndarray
    count: np.ndarray

    @property
    def expected_error(self) -> float:
        """Expected calibration error (Guo et al. 2017, arXiv:1706.04599)."""
        gap = np.nan_to_num(np.abs(self.confidence - self.frequency))
        return float((gap * self.count).sum() / self.count.sum())


def bin_of(probability: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Which of ``bins`` of equal width each probability ``[P]`` falls into."""
    return np.minimum((probability * bins).astype(int), bins - 1)


def reliability(probability: np.ndarray, label: np.ndarray, bins: int = BINS) -> Reliability:
    """Sort predictions ``[P]`` with outcomes ``[P]`` into ``bins`` of equal width."""
    inside = bin_of(probability, bins)
    count = np.bincount(inside, minlength=bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(inside, weights=probability, minlength=bins) / count
        frequency = np.bincount(inside, weights=label, minlength=bins) / count
    return Reliability(confidence, frequency, count)
