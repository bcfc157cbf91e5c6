import pytest
import torch
from torch.distributions import Normal, kl_divergence

from connectome.models import (
    Latent,
    SphericalLatent,
    Variation,
    check_sphere,
    divergence_to_uniform,
    divergences,
    latent_activity,
)
from connectome.models import kl_divergence as usual
from connectome.types import InputError


def latent() -> Latent:
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(50, 3, generator=generator)
    log_std = torch.randn(50, 3, generator=generator) / 2 - 1
    mean[:, 2], log_std[:, 2] = 0.01, 0.0  # a dimension that says next to nothing
    return Latent(mean, log_std)


def test_divergences_are_those_of_torch() -> None:
    mean, log_std = latent().mean, latent().log_std
    assert log_std is not None
    expected = kl_divergence(Normal(mean, log_std.exp()), Normal(0.0, 1.0)).mean(dim=0)
    torch.testing.assert_close(divergences(latent()), expected)


def test_without_further_options_the_penalty_is_the_divergence() -> None:
    one = latent()
    assert one.log_std is not None
    cost, logged = Variation(variational=True, kl_weight=0.5).penalty(one, 0.1)
    assert cost == 0.5 * usual(one.mean, one.log_std)
    assert logged["train/active_units"] == 2.0


def test_the_weight_warms_up() -> None:
    variation = Variation(variational=True, kl_weight=1.0, kl_warmup=0.4)
    full = variation.penalty(latent(), 1.0)[0]
    for done, share in ((0.1, 0.25), (0.4, 1.0), (0.7, 1.0)):
        torch.testing.assert_close(variation.penalty(latent(), done)[0], share * full)


def test_free_bits_are_free_by_dimension() -> None:
    one = latent()
    mean = one.mean.clone().requires_grad_()
    parts = divergences(one)
    assert parts[2] < 0.5 < min(parts[0], parts[1])
    variation = Variation(variational=True, kl_weight=1.0, free_bits=0.5)
    cost = variation.penalty(Latent(mean, one.log_std), 1.0)[0]
    torch.testing.assert_close(cost, parts[0] + parts[1] + 0.5)
    slope = torch.autograd.grad(cost, mean)[0]
    assert not slope[:, 2].any()
    assert slope[:, :2].all()


def test_activity_of_each_dimension() -> None:
    found = latent_activity(latent())
    assert found["active_units"] == 2.0
    assert list(found) == ["active_units", "kl_00", "kl_01", "kl_02"]
    assert found["kl_02"] == pytest.approx(0.5 * 0.01**2, rel=1e-3)


def test_a_sphere_has_directions_and_one_spread_a_side() -> None:
    heads = tuple(torch.randn(4, 20, 3, generator=torch.Generator().manual_seed(0)))
    posterior = Variation(variational=True, latent="sphere").posterior(heads, sides=2)
    assert isinstance(posterior, SphericalLatent)
    ones = torch.ones(20)
    for values in (posterior.mean, posterior.sample(torch.Generator().manual_seed(1))):
        for side in values.chunk(2, dim=1):
            torch.testing.assert_close(side.norm(dim=1), ones)
    spread = heads[3].mean(dim=1)
    torch.testing.assert_close(posterior.concentrations()[1], 2 * (-2 * spread).exp())
    found = divergences(posterior)
    assert found.shape == (2,)
    expected = divergence_to_uniform(posterior.concentrations()[0], 3).mean()
    torch.testing.assert_close(found[0], expected)
    cost = Variation(True, "sphere", kl_weight=2.0).penalty(posterior, 1.0)[0]
    torch.testing.assert_close(cost, 2 * found.sum())


def test_points_on_a_sphere() -> None:
    heads = tuple(torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0)))
    posterior = Variation(latent="sphere").posterior(heads, sides=2)
    assert posterior.log_std is None
    assert torch.equal(posterior.sample(torch.Generator()), posterior.mean)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"latent": "torus"}, "model.latent=torus: choose one of normal, sphere"),
        ({"variational": True, "kl_warmup": 1.5}, "model.kl_warmup=1.5: must be between 0 and 1"),
        ({"variational": True, "free_bits": -1.0}, "model.free_bits=-1.0: must be 0 or more"),
        ({"free_bits": 1.0}, "model.variational=false: there is no divergence"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Variation(**options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="directions need at least 2"):
        check_sphere("sphere", 1)
