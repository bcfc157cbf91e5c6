"""Against numerical integration and the moments of many draws."""

import math

import pytest
import torch
from scipy.integrate import quad

from connectome.models import divergence_to_uniform, log_density, sample_sphere
from connectome.models.power_spherical import log_area


def over_the_sphere(dim: int, concentration: float, divergence: bool) -> float:
    """Integral of the density, or of its logarithm against that of the uniform distribution."""
    kappa = torch.tensor(concentration, dtype=torch.float64)

    def ring(angle: float) -> float:
        cosine = torch.tensor(math.cos(angle), dtype=torch.float64)
        log_p = float(log_density(cosine, kappa, dim))
        value = math.exp(log_p) * (log_p + log_area(dim) if divergence else 1.0)
        return value * math.exp(log_area(dim - 1)) * math.sin(angle) ** (dim - 2)

    return float(quad(ring, 0, math.pi - 1e-9, limit=200)[0])


@pytest.mark.parametrize("dim", [2, 3, 8])
@pytest.mark.parametrize("concentration", [0.0, 0.7, 12.0, 300.0])
def test_density_and_divergence_are_those_of_the_integral(dim: int, concentration: float) -> None:
    assert over_the_sphere(dim, concentration, False) == pytest.approx(1.0, rel=1e-6)
    found = divergence_to_uniform(torch.tensor([concentration], dtype=torch.float64), dim)
    assert float(found) == pytest.approx(over_the_sphere(dim, concentration, True), abs=1e-6)


def test_areas_by_hand() -> None:
    areas = [math.exp(log_area(dim)) for dim in (1, 2, 3)]
    assert areas == pytest.approx([2, 2 * math.pi, 4 * math.pi])


@pytest.mark.parametrize("dim", [2, 3, 6])
def test_draws_have_unit_length_and_the_mean_of_the_distribution(dim: int) -> None:
    n, kappa = 200_000, 3.0
    mean = torch.nn.functional.normalize(torch.arange(1.0, dim + 1), dim=0).double()
    concentration = torch.full((n,), kappa, dtype=torch.float64, requires_grad=True)
    draws = sample_sphere(mean.expand(n, dim), concentration, torch.Generator().manual_seed(0))
    torch.testing.assert_close(draws.norm(dim=1), torch.ones(n).double())
    expected = kappa / (dim - 1 + kappa)  # 2 a / (a + b) - 1 of the beta distribution
    torch.testing.assert_close(draws.mean(dim=0), expected * mean, rtol=0, atol=0.01)
    # The gradient of the mean of the cosine in the concentration, through the draws.
    slope = torch.autograd.grad((draws @ mean).mean(), concentration)[0].sum()
    assert float(slope) == pytest.approx((dim - 1) / (dim - 1 + kappa) ** 2, rel=0.03)


def test_a_mean_on_the_first_axis_and_sharp_draws() -> None:
    mean = torch.eye(1, 4).expand(50, 4)
    concentration = torch.full((50,), 6000.0)
    draws = sample_sphere(mean, concentration, torch.Generator().manual_seed(0))
    assert float((draws * mean).sum(dim=1).min()) > 0.99
    assert draws.isfinite().all()


def test_draws_follow_from_their_generator_and_leave_the_global_one() -> None:
    mean, concentration = torch.eye(3), torch.ones(3)
    torch.manual_seed(4)
    state = torch.get_rng_state()
    first, again, other = (
        sample_sphere(mean, concentration, torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
