from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist

from connectome.analysis.latent import LatentSpace, latent_spaces
from connectome.analysis.latent.spaces import factors_of, turned
from connectome.analysis.plotting import HUES, Style, styles
from connectome.analysis.plotting.palette import MARKERS
from connectome.display import MOST_COLUMNS, MOST_ROWS, Display
from connectome.models.maps import plane
from connectome.runs import Run, save_scorer
from connectome.scores import Embedding
from connectome.types import Connectome, InputError
from tests.conftest import random_connectome


def embedding(connectome: Connectome, seed: int, dim: int = 2, sides: int = 1) -> Embedding:
    generator = torch.Generator().manual_seed(seed)
    factors = [torch.randn(connectome.num_neurons, dim, generator=generator) for _ in range(sides)]
    return Embedding(
        "gae",
        connectome.neuron_ids,
        factors[0],
        factors[-1],
        data_fingerprint=connectome.fingerprint,
    )


def rotated(one: Embedding, angle: float) -> Embedding:
    c, s = np.cos(angle), np.sin(angle)
    source = one.source @ torch.tensor([[c, s], [-s, c]], dtype=torch.float32) + 3
    return replace(one, source=source, target=source)


def test_turned_repeats_fall_on_each_other() -> None:
    first = embedding(random_connectome(0), 0)
    space = LatentSpace("gae", 2, (first, rotated(first, 1.1)), held_out=False)
    a, b = space.factors
    assert np.allclose(a, b, atol=1e-5)
    assert space.instability is not None
    assert space.instability.max() < 1e-5


def test_unrelated_repeats_are_unstable_and_one_says_nothing() -> None:
    connectome = random_connectome(0, neurons=200)
    apart = LatentSpace("gae", 2, tuple(embedding(connectome, s) for s in range(5)), False)
    assert apart.instability is not None
    assert np.median(apart.instability) > 0.8
    assert replace(apart, repeats=apart.repeats[:1]).instability is None


def test_turning_keeps_distances() -> None:
    rng = np.random.default_rng(0)
    values, onto = rng.standard_normal((30, 4)), rng.standard_normal((30, 4))
    assert np.allclose(pdist(turned(values, onto)), pdist(values))


def test_two_sides_stand_side_by_side_unless_they_are_alike() -> None:
    connectome = random_connectome(1)
    both = embedding(connectome, 0, dim=3, sides=2)
    assert factors_of(both).shape == (connectome.num_neurons, 6)
    signed = replace(both, target=both.source * torch.tensor([1.0, -1.0, 1.0]))
    assert factors_of(signed).shape == (connectome.num_neurons, 3)


def test_plane_holds_the_largest_variance() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((100, 4)) * [1, 5, 0.1, 3]
    drawn = plane(values)
    largest = np.linalg.svd(values - values.mean(axis=0), compute_uv=False)[:2]
    assert np.allclose(np.linalg.norm(drawn, axis=0), largest)
    assert plane(values[:, :1]).shape == (100, 2)
    assert plane(values[:, :2]) is not None


def test_uncertainty_by_hand() -> None:
    one = embedding(random_connectome(0), 0)
    log_std = torch.log(torch.tensor([[3.0, 4.0]])).expand(len(one.neuron_ids), 2).contiguous()
    space = LatentSpace("vgae", 2, (replace(one, log_std=log_std),), False)
    assert space.uncertainty == pytest.approx(np.sqrt((9 + 16) / 2))


def run(path: Path, seed: int, dim: int) -> Run:
    identity = {"latent_dim": dim, "seed": seed, "split.seed": seed, "split.protocol": "whole"}
    identity["test"] = True
    return Run(path, "gae", identity, {"train/auc": 0.9, "train/ap": 0.9, "seconds": 1.0})


def test_runs_become_spaces_by_dimension_and_seed(tmp_path: Path) -> None:
    connectome = random_connectome(2)
    runs = []
    for seed, dim in ((1, 4), (1, 2), (0, 2)):
        path = tmp_path / f"{dim}-{seed}"
        save_scorer(path / "embedding.npz", embedding(connectome, seed, dim))
        runs.append(run(path, seed, dim))
    spaces = latent_spaces(runs, connectome)
    assert [(space.name, len(space.repeats)) for space in spaces] == [
        ("gae, d = 2", 2),
        ("gae, d = 4", 1),
    ]
    assert torch.equal(spaces[0].repeats[0].source, embedding(connectome, 0).source)
    with pytest.raises(InputError, match=r"2-1|4-1.*another data set.*\+data\.KEY=VALUE"):
        latent_spaces(runs, random_connectome(3))


def test_known_types_keep_their_colour_whatever_else_there_is() -> None:
    display = Display(((None, "KC"), (None, None, "PN")))
    among = styles(["KC", "a", "b", "PN"], display)
    assert styles(["KC"], display)["KC"] == among["KC"] == Style(HUES[1].lower(), "o")
    assert among["a"] == Style(HUES[0].lower(), "o")  # the first place that nobody has
    assert among["b"] == Style(HUES[2].lower(), "o")
    assert among["PN"].marker == "^"
    assert styles(["KC"]) == {"KC": Style(HUES[0].lower(), "o")}


def test_of_two_displays_the_first_one_decides() -> None:
    first, second = Display((("KC",),)), Display(((None, "Kenyon", "KC"),))
    both = styles(["KC", "Kenyon"], first, second)
    assert [both[name].colour for name in ("KC", "Kenyon")] == [h.lower() for h in HUES[:2]]


def test_there_is_a_hue_and_a_marker_for_every_place() -> None:
    assert (len(MARKERS), len(HUES)) == (MOST_ROWS, MOST_COLUMNS)
    assert len({style.colour for style in styles([str(k) for k in range(54)]).values()}) == 54
