import pytest
import torch
from torch.distributions import Normal, kl_divergence

from connectome.models.nn import Latent, PosteriorSettings, latent_activity
from connectome.models.nn import kl_divergence as usual
from connectome.models.nn.variational import divergences
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
    cost, logged = PosteriorSettings(variational=True, kl_weight=0.5).penalty(one, 0.1)
    assert cost == 0.5 * usual(one.mean, one.log_std)
    assert logged["train/active_units"] == 2.0


def test_the_weight_warms_up() -> None:
    settings = PosteriorSettings(variational=True, kl_weight=1.0, kl_warmup=0.4)
    full = settings.penalty(latent(), 1.0)[0]
    for done, share in ((0.1, 0.25), (0.4, 1.0), (0.7, 1.0)):
        torch.testing.assert_close(settings.penalty(latent(), done)[0], share * full)


def test_free_bits_are_free_by_dimension() -> None:
    one = latent()
    mean = one.mean.clone().requires_grad_()
    parts = divergences(one)
    assert parts[2] < 0.5 < min(parts[0], parts[1])
    settings = PosteriorSettings(variational=True, kl_weight=1.0, free_bits=0.5)
    cost = settings.penalty(Latent(mean, one.log_std), 1.0)[0]
    torch.testing.assert_close(cost, parts[0] + parts[1] + 0.5)
    slope = torch.autograd.grad(cost, mean)[0]
    assert not slope[:, 2].any()
    assert slope[:, :2].all()


def test_activity_of_each_dimension() -> None:
    found = latent_activity(latent())
    assert found["active_units"] == 2.0
    assert list(found) == ["active_units", "kl_00", "kl_01", "kl_02"]
    assert found["kl_02"] == pytest.approx(0.5 * 0.01**2, rel=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variational": True, "kl_warmup": 1.5}, "kl_warmup=1.5: must be between 0 and 1"),
        ({"variational": True, "free_bits": -1.0}, "free_bits=-1.0: must be 0 or more"),
        ({"free_bits": 1.0}, "variational=false: there is no divergence"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        PosteriorSettings(**options)  # type: ignore[arg-type]
