import math

import pytest
import torch
import torch_geometric.nn
from torch.distributions import Normal
from torch.distributions import kl_divergence as torch_kl

from connectome.models.nn import Latent, active_units, kl_divergence, reconstruction_loss


def test_reconstruction_loss_by_hand() -> None:
    positive, negative = torch.tensor([0.0, math.log(3)]), torch.tensor([0.0])
    # -log sigmoid: log 2 and log(4/3); -log(1 - sigmoid(0)) = log 2
    expected = (math.log(2) + math.log(4 / 3)) / 2 + math.log(2)
    assert float(reconstruction_loss(positive, negative)) == pytest.approx(expected)


def test_kl_by_hand_and_against_torch() -> None:
    mean, log_std = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, math.log(2)]])
    expected = 0.5 * 1 + 0.5 * (4 - 1 - 2 * math.log(2))
    assert float(kl_divergence(mean, log_std)) == pytest.approx(expected)
    mean, log_std = torch.randn(7, 3), torch.randn(7, 3)
    oracle = torch_kl(Normal(mean, log_std.exp()), Normal(0.0, 1.0)).sum(dim=1).mean()
    torch.testing.assert_close(kl_divergence(mean, log_std), oracle)


def test_kl_equals_that_of_pyg() -> None:
    mean, log_std = torch.randn(7, 3), torch.randn(7, 3)
    pyg = torch_geometric.nn.VGAE(torch.nn.Identity()).kl_loss(mean, log_std)
    torch.testing.assert_close(kl_divergence(mean, log_std), pyg)


def test_active_units() -> None:
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(500, 3, generator=generator) * torch.tensor([1.0, 0.2, 0.05])
    assert active_units(mean) == 2  # variances 1, 0.04 and 0.0025 against 0.01


def test_samples_have_the_posterior_moments() -> None:
    latent = Latent(torch.full((20_000, 1), 2.0), torch.full((20_000, 1), math.log(0.5)))
    sample = latent.sample(torch.Generator().manual_seed(0))
    assert float(sample.mean()) == pytest.approx(2.0, abs=0.02)
    assert float(sample.std()) == pytest.approx(0.5, abs=0.02)
    plain = Latent(torch.ones(2, 2))
    assert plain.sample(torch.Generator()) is plain.mean
