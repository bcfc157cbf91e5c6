import numpy as np
import pytest
import torch
from sklearn.metrics import brier_score_loss
from torchmetrics.classification import BinaryCalibrationError

from connectome.metrics.links import fit_calibrator, reliability
from connectome.metrics.links.calibration import brier_score

RNG = np.random.default_rng(0)
PROBABILITY = RNG.uniform(size=2000)
LABEL = (RNG.uniform(size=2000) < PROBABILITY**2).astype(float)


def test_brier_equals_that_of_scikit_learn() -> None:
    assert brier_score(PROBABILITY, LABEL) == pytest.approx(brier_score_loss(LABEL, PROBABILITY))


def test_expected_error_equals_that_of_torchmetrics() -> None:
    oracle = BinaryCalibrationError(n_bins=15, norm="l1")
    expected = float(oracle(torch.from_numpy(PROBABILITY), torch.from_numpy(LABEL).long()))
    assert reliability(PROBABILITY, LABEL).expected_error == pytest.approx(expected, abs=1e-6)


def test_empty_bins_do_not_count() -> None:
    curve = reliability(np.array([0.1, 1.0]), np.array([0.0, 1.0]), bins=4)
    assert curve.count.tolist() == [1, 0, 0, 1]
    assert np.isnan(curve.confidence[1])
    assert curve.expected_error == pytest.approx(0.05)


def test_calibration_recovers_slope_and_offset() -> None:
    scores = RNG.normal(size=200_000) * 40 + 7
    truth = RNG.uniform(size=len(scores)) < 1 / (1 + np.exp(-(0.05 * scores - 1)))
    fitted = fit_calibrator(torch.from_numpy(scores[truth]), torch.from_numpy(scores[~truth]))
    assert fitted.slope == pytest.approx(0.05, rel=0.03)
    assert fitted.offset == pytest.approx(-1, rel=0.03)
    assert reliability(fitted(scores), truth.astype(float)).expected_error < 0.01


def test_calibration_never_turns_a_ranking_round() -> None:
    low, high = torch.linspace(0, 1, 50), torch.linspace(1, 2, 100)
    fitted = fit_calibrator(low, high)
    assert fitted.slope == 0
    assert fitted(np.array([0.0, 5.0])) == pytest.approx([1 / 3, 1 / 3])


def test_constant_scores_are_calibrated_to_the_base_rate() -> None:
    fitted = fit_calibrator(torch.ones(30), torch.ones(10))
    assert fitted(np.ones(1)) == pytest.approx([0.75])
