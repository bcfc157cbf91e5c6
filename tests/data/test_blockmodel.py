"""What is generated is what was asked for."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from connectome.config import build, load_config
from connectome.data.describe import describe
from connectome.data.neurons import cell_types, hemispheres, homologs, ignored, mirror
from connectome.data.synthetic.blockmodel import read_blockmodel, sample_links, sample_synapses
from connectome.data.synthetic.settings import SeedSampler, WiringSettings, wiring_law
from connectome.scores import link_probability
from connectome.types import Connectome, InputError

SETTINGS = WiringSettings(neurons=1500, edges=40_000, types=12, reciprocity=0.3, mirrored=0.45)


@pytest.fixture(scope="module")
def drawn() -> Connectome:
    return read_blockmodel(neurons=1500, edges=40_000, types=12, reciprocity=0.3, mirrored=0.45)


def expected_matrix(settings: WiringSettings) -> np.ndarray:
    n = settings.neurons
    pairs = np.stack(np.divmod(np.arange(n * n), n))
    return link_probability(wiring_law(settings), pairs).reshape(n, n)


def mirrored_share(connectome: Connectome) -> float:
    n, homolog = connectome.num_neurons, homologs(connectome)
    mirrored = mirror(connectome.edge_index, homolog)
    counts = (mirrored[0] >= 0) & (homolog[connectome.edge_index[0]] != connectome.edge_index[1])
    there = torch.isin(mirrored[0] * n + mirrored[1], connectome.edge_keys)
    return float(there[counts].double().mean())


def test_numbers_are_those_asked_for(drawn: Connectome) -> None:
    facts = describe(drawn)
    assert (facts.neurons, facts.self_loops) == (1500, 0)
    # Copies come in groups of up to four, so the spread is at most twice that of a Poisson number.
    assert facts.edges == pytest.approx(40_000, abs=4 * 2 * np.sqrt(40_000))
    assert facts.reciprocity == pytest.approx(0.3, abs=0.015)
    assert mirrored_share(drawn) == pytest.approx(0.45, abs=0.015)


def test_the_same_options_give_the_same_connectome(drawn: Connectome) -> None:
    options = {"neurons": 1500, "edges": 40_000, "types": 12, "reciprocity": 0.3, "mirrored": 0.45}
    assert read_blockmodel(**options).fingerprint == drawn.fingerprint
    assert read_blockmodel(**options, seed=1).fingerprint != drawn.fingerprint


def test_annotations(drawn: Connectome) -> None:
    types, names = cell_types(drawn)
    assert len(names) == 12
    assert types.tolist() == wiring_law(SETTINGS).cell_type.tolist()
    partner, side = homologs(drawn), hemispheres(drawn)
    paired = partner >= 0
    assert int(paired.sum()) == 2 * int(1500 * 0.9 / 2)
    assert torch.equal(side[partner[paired]], 1 - side[paired])
    assert torch.equal(types[partner[paired]], types[paired])
    assert not list(ignored(drawn))


def test_probabilities_add_up_to_edges_of_blocks_and_degrees(drawn: Connectome) -> None:
    matrix, law = expected_matrix(SETTINGS), wiring_law(SETTINGS)
    assert matrix.sum() == pytest.approx(40_000, rel=0.005)  # scale is fitted on a sample of pairs
    pre, post = drawn.edge_index.numpy()
    members = np.eye(12)[law.cell_type]
    expected = members.T @ matrix @ members
    found = np.zeros((12, 12))
    np.add.at(found, (law.cell_type[pre], law.cell_type[post]), 1)
    deviation = (found - expected) / np.sqrt(expected)
    assert np.sqrt((deviation**2).mean()) < 2  # 1 for Poisson numbers; copies come in groups
    out = np.bincount(pre, minlength=1500)
    assert np.sqrt(((out - matrix.sum(axis=1)) ** 2 / matrix.sum(axis=1)).mean()) < 2


def test_degrees_are_log_normal_with_the_spread_asked_for() -> None:
    settings = WiringSettings(
        neurons=1500, edges=12_000, types=10, reciprocity=0.12, mirrored=0.2, out_sigma=0.7,
        in_sigma=0.9, correlation=0.5,
    )  # fmt: skip
    law = wiring_law(settings)
    logs = np.log([law.out_propensity, law.in_propensity])
    assert logs.std(axis=1) == pytest.approx([0.7, 0.9], abs=0.05)
    assert np.corrcoef(logs)[0, 1] == pytest.approx(0.5, abs=0.06)
    # Expected degrees (sampled ones follow them, as the test above says) are the propensities,
    # mixed by the reverse copies, less the pairs that are linked twice.
    matrix = expected_matrix(settings)
    shares = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    for degree, own, other in ((matrix.sum(axis=1), *shares), (matrix.sum(axis=0), *shares[::-1])):
        mixed = np.log((own + law.reverse * other) / (1 + law.reverse))
        gap = np.log(degree / degree.sum()) - mixed
        assert np.sqrt((gap**2).mean()) < 0.1


def test_across_the_midline_seeds_are_as_rare_as_asked() -> None:
    settings = replace(SETTINGS, contralateral=0.2, mirrored=0.3)
    law = wiring_law(settings)
    pre, post = sample_links(law, 0)
    across = (law.side[pre] != law.side[post]).mean()
    assert across == pytest.approx(0.2 / 1.2, abs=0.03)


def test_the_total_of_the_seeds_is_exact() -> None:
    law = wiring_law(WiringSettings(neurons=50, edges=100, types=5, unpaired=0.3))
    pairs = np.stack(np.divmod(np.arange(2500), 50))
    assert SeedSampler(law).total() == pytest.approx(law.seed_rate(*pairs).sum())


def test_synapses() -> None:
    settings = WiringSettings(synapse_mean=4.0, synapse_size=0.5)
    counts = sample_synapses(200_000, settings)
    assert counts.min() == 1
    assert counts.mean() == pytest.approx(4, rel=0.02)
    assert counts.var() == pytest.approx(3 + 3**2 / 0.5, rel=0.05)  # m + m^2 / size
    assert np.all(sample_synapses(5, WiringSettings(synapse_mean=1)) == 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neuron": 5}, "no option 'neuron'"),
        ({"reciprocity": 1.5}, r"data\.reciprocity=1\.5: must be from 0 to 1"),
        ({"types": 1500}, "types=1500: must be from 1 to 1000"),
        (
            {"neurons": 100, "edges": 5000, "types": 4, "reciprocity": 0.05},
            "cannot be had together",
        ),
    ],
)
def test_what_cannot_be_had_is_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_blockmodel(**options)


NOT_ITS_OWN = ("_target_", "keep", "drop", "drawn_by_connectivity", "pairs")  # of any reader


def test_the_configuration_has_the_defaults() -> None:
    config = load_config(["data=blockmodel", "run_dir=/nowhere", "name=test"]).data
    given = {key: value for key, value in config.items() if key not in NOT_ITS_OWN}
    assert WiringSettings(**given) == WiringSettings()


def test_without_homologs_and_with_a_single_type() -> None:
    alone = build(
        load_config(
            [
                "data=blockmodel", "data.neurons=301", "data.edges=3000", "data.types=1",
                "data.unpaired=1", "data.mirrored=0", "run_dir=/nowhere", "name=test",
            ]
        ).data
    )  # fmt: skip
    assert alone.neurons["pair_id"].isna().all()
    assert alone.num_edges == pytest.approx(3000, rel=0.15)
