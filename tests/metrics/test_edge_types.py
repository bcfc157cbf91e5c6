import math

import numpy as np
import pytest
import torch

from connectome.metrics.links import compare_types
from connectome.scores import EdgeTypeModel, Embedding, Readout


def test_scores_stand_beside_shares_and_degrees() -> None:
    rng = np.random.default_rng(0)
    n = 50
    side = torch.from_numpy(rng.choice([-1.0, 1.0], (n, 1))).float()
    embedding = Embedding("truth", np.arange(n), side, torch.ones(n, 1))
    readout = Readout(torch.tensor([[1.0, -1.0, 0.0]]), torch.zeros(3))
    model = EdgeTypeModel(embedding, readout, ("up", "down", "never"))
    pre, post = (torch.from_numpy(rng.integers(0, n, 600)) for _ in range(2))
    up = side[pre, 0] > 0
    truth = torch.stack([up, ~up, torch.zeros_like(up)], dim=1)
    edges = torch.stack([pre, post])
    found = compare_types(model, edges[:, :400], truth[:400], edges[:, 400:], truth[400:])
    assert found["up"].auc == found["down"].auc == 1.0
    assert found["up"].base_rate == pytest.approx(float(up[400:].float().mean()))
    assert 0.3 < found["up"].auc_degrees < 0.95  # degrees were drawn without a look at the sides
    assert found["never"].base_rate == 0.0
    assert math.isnan(found["never"].auc)
    assert math.isnan(found["never"].ap_degrees)


def test_degrees_tell_a_type_that_follows_from_them() -> None:
    hubs = torch.arange(5).repeat_interleave(40)
    others = torch.arange(5, 45)
    edges = torch.stack(
        [torch.cat([hubs, others]), torch.cat([others.repeat(5), torch.roll(others, 1)])]
    )
    truth = (edges[0] < 5)[:, None]
    embedding = Embedding("blind", np.arange(45), torch.ones(45, 1), torch.ones(45, 1))
    model = EdgeTypeModel(embedding, Readout(torch.ones(1, 1), torch.zeros(1)), ("hub",))
    found = compare_types(model, edges, truth, edges, truth)["hub"]
    assert found.auc == 0.5
    assert found.ap == pytest.approx(found.base_rate)
    assert found.auc_degrees == 1.0
