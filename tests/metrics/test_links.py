import pytest
import torch
from torchmetrics.functional.classification import binary_auroc, binary_average_precision

from connectome.metrics.links import LinkMetrics, cautions, link_metrics
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
    found = link_metrics(torch.zeros(5), torch.zeros(4))
    assert found == LinkMetrics(0.5, 5 / 9, links=5, negatives=4, tied=1.0)


def test_ties_and_counts_by_hand() -> None:
    # 3 > 2 > 1 = 1: one of four comparisons is a tie
    found = link_metrics(torch.tensor([3.0, 1.0]), torch.tensor([2.0, 1.0]))
    assert found.named("test") == {
        **{"test/auc": found.auc, "test/ap": found.ap},
        **{"test/links": 2, "test/negatives": 2, "test/tied": 0.25},
    }
    assert link_metrics(torch.tensor([2.0]), torch.tensor([1.0, 0.0])).tied == 0


def test_what_says_little_is_told() -> None:
    assert cautions(LinkMetrics(0.9, 0.9, 20, 20, 0.5)) == []
    [few] = cautions(LinkMetrics(1.0, 1.0, 1, 40, 0.0))
    assert few == "1 links and 40 unconnected pairs; figures of fewer than 20 say little"
    assert len(cautions(LinkMetrics(0.5, 0.5, 40, 19, 1.0))) == 2


def test_diverged_scores_are_refused() -> None:
    with pytest.raises(InputError, match="training diverged"):
        link_metrics(torch.tensor([float("nan")]), torch.zeros(1))
