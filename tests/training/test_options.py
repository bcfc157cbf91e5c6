"""Sizes that nothing has: every model that knows the option refuses it in one line, at once."""

import inspect
import math
from typing import Any

import pytest

from connectome.models.losses import LikelihoodSettings
from connectome.models.nn import HeadSettings, NetworkSettings, PosteriorSettings
from connectome.training.modules import EmbeddingModule, InductiveModule
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.training.modules.deepwalk import DeepWalkModule
from connectome.training.modules.directed import DirectedAutoencoderModule
from connectome.training.modules.spectral import SpectralModule
from connectome.training.modules.untrained import BlockModelModule
from connectome.training.options import SIZES, check_numbers
from connectome.types import InputError

MODULES: dict[type[EmbeddingModule], dict[str, Any]] = {
    AutoencoderModule: {"latent_dim": 2, "variational": False},
    BlockModelModule: {},
    DeepWalkModule: {"latent_dim": 2},
    DirectedAutoencoderModule: {"latent_dim": 2},
    InductiveModule: {"latent_dim": 2},
    SpectralModule: {"latent_dim": 2},
}


def numbers(module: type) -> dict[str, str]:
    """Options that are numbers, with their annotation."""
    parameters = inspect.signature(module).parameters.values()
    kinds = {p.name: str(p.annotation) for p in parameters if p.name != "self"}
    return {name: kind for name, kind in kinds.items() if "int" in kind or "float" in kind}


WHOLE = [(m, name) for m in MODULES for name, kind in numbers(m).items() if "int" in kind]
BROKEN = [(m, name) for m in MODULES for name, kind in numbers(m).items() if "float" in kind]


@pytest.mark.parametrize(("module", "name"), WHOLE, ids=str)
@pytest.mark.parametrize("value", [10**20, -1, 2.5, True, "two"])
def test_absurd_sizes_are_refused(module: type[EmbeddingModule], name: str, value: object) -> None:
    """Every option that is a whole number has bounds, those of later ones too."""
    with pytest.raises(InputError, match=rf"^(model\.)?{name}={value}: must be ") as raised:
        module(**MODULES[module] | {name: value})
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("module", "name"), BROKEN, ids=str)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_refused(
    module: type[EmbeddingModule], name: str, value: float
) -> None:
    with pytest.raises(InputError, match=rf"^model\.{name}={value}: must be a finite number"):
        module(**MODULES[module] | {name: value})


SETTINGS: dict[str, type] = {
    "network": NetworkSettings,
    "posterior": PosteriorSettings,
    "likelihood": LikelihoodSettings,
    "heads": HeadSettings,
}
GROUPED = [(g, name, kind) for g, made in SETTINGS.items() for name, kind in numbers(made).items()]


@pytest.mark.parametrize(("group", "name", "kind"), GROUPED, ids=str)
def test_groups_of_options_are_held_to_the_same(group: str, name: str, kind: str) -> None:
    floats = (math.nan, math.inf, -math.inf)
    for value in floats if "float" in kind else (10**20, -1, 2.5, True, "two"):
        with pytest.raises(InputError, match=rf"^model\.{group}\.{name}={value}: must be "):
            DirectedAutoencoderModule(2, **{group: SETTINGS[group](**{name: value})})


@pytest.mark.parametrize("name", sorted(SIZES))
def test_bounds_themselves_are_allowed(name: str) -> None:
    check_numbers(dict.fromkeys([name], SIZES[name][0]))
    check_numbers(dict.fromkeys([name], SIZES[name][1]))
    check_numbers({name: None})


def test_seeds_of_k_means_are_smaller() -> None:
    BlockModelModule(seed=2**32 - 1)
    with pytest.raises(InputError, match=r"model\.seed=4294967296: k-means takes seeds below"):
        BlockModelModule(seed=2**32)
