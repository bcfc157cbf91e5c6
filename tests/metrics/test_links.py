import pytest
import torch
from torchmetrics.functional.classification import binary_auroc, binary_average_precision

from connectome.metrics import link_metrics
from connectome.types import InputError


def test_by_hand() -> None:
    metrics = link_metrics(torch.tensor([3.0, 1.0]), torch.tensor([2.0, 1.0]))
    assert metrics.auc == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    # thresholds 3, 2, 1: precision 1, 1/2, 2/4 at recall 1/2, 1/2, 1
    assert metrics.ap == pytest.approx(0.5 * 1 + 0.5 * 0.5)


def test_against_torchmetrics() -> None:
    generator = torch.Generator().manual_seed(0)
    positive = torch.randn(300, generator=generator) + 1
    negative = torch.randn(200, generator=generator)
    scores = torch.cat([positive, negative])
    labels = torch.tensor([1] * 300 + [0] * 200)
    metrics = link_metrics(positive, negative)
    assert metrics.auc == pytest.approx(float(binary_auroc(scores, labels)), abs=1e-6)
    assert metrics.ap == pytest.approx(float(binary_average_precision(scores, labels)), abs=1e-6)


def test_constant_scores_are_chance() -> None:
    assert link_metrics(torch.zeros(5), torch.zeros(5)).auc == 0.5


def test_diverged_scores_are_refused() -> None:
    with pytest.raises(InputError, match="training diverged"):
        link_metrics(torch.tensor([float("nan")]), torch.zeros(1))
