"""AUC and average precision to the last bit of scikit-learn's, and ties by their definition."""

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score

from connectome.metrics.links import link_metrics


@pytest.mark.parametrize("decimals", [0, 1, 2, 15])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(("links", "absent"), [(1, 1), (1, 40), (300, 7), (900, 1200)])
def test_to_the_last_bit(decimals: int, kind: type, links: int, absent: int) -> None:
    rng = np.random.default_rng(links + absent)
    positive, negative = rng.normal(0.7, 1, links), rng.normal(0, 1, absent)
    positive, negative = (part.round(decimals).astype(kind) for part in (positive, negative))
    found = link_metrics(torch.from_numpy(positive), torch.from_numpy(negative))
    labels, scores = np.repeat([1, 0], [links, absent]), np.concatenate([positive, negative])
    assert found.auc == roc_auc_score(labels, scores)
    assert found.ap == average_precision_score(labels, scores)
    assert found.tied == (positive[:, None] == negative).mean()
