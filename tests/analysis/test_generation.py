import re
from dataclasses import replace
from pathlib import Path

import networkx
import numpy as np
import pandas as pd
import pytest
import torch

from connectome.analysis.generation import (
    Fit,
    Laws,
    Real,
    as_matrix,
    baselines,
    compare,
    draw,
    learned_counts,
    natural_overlap,
    observed_counts,
    plot_laws,
    plot_statistics,
    posterior,
    prior,
    write_brain,
)
from connectome.analysis.generation.laws import scores_of
from connectome.analysis.generation.resampling import Likeness, nearest, resample
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.readers.table import read_table
from connectome.data.splits import SplitConfig
from connectome.data.synthetic.blockmodel import read_blockmodel
from connectome.data.tabular import assemble
from connectome.models.generative import Groups
from connectome.models.losses import LikelihoodSettings
from connectome.models.nn import NetworkSettings, PosteriorSettings
from connectome.scores import CountModel, Embedding, Readout
from connectome.training.batching import LinkDataModule
from connectome.training.modules.directed import DirectedAutoencoderModule
from connectome.types import Connectome, InputError
from tests.training.test_modules import trainer


def embedding_of(connectome: Connectome, variational: bool = False) -> Embedding:
    """Free factors, fitted to all links."""
    data = LinkDataModule(connectome, SplitConfig(True, "whole"), steps_per_epoch=60)
    module = DirectedAutoencoderModule(
        2,
        network=NetworkSettings(state_dim=None, layers=0),
        posterior=PosteriorSettings(variational=variational),
        likelihood=LikelihoodSettings(link_weight=1.0),
        learning_rate=0.1,
        l2=0.01,
    )
    trainer(max_epochs=2, limit_val_batches=0).fit(module, data)
    return module.embed(data.graph)


@pytest.fixture(scope="module")
def generated() -> Connectome:
    """Two hemispheres with homologs, cell types and links across the midline."""
    return read_blockmodel(neurons=240, edges=5000, types=6, mirrored=0.5, seed=1)


@pytest.fixture(scope="module")
def real(generated: Connectome) -> Real:
    return Real.of(generated)


@pytest.fixture(scope="module")
def laws(real: Real, generated: Connectome) -> Laws:
    return posterior(
        real, Fit.of(real, embedding_of(generated)), observed_counts(real), "posterior"
    )


def quiet(text: str) -> None:
    """Nothing is shown."""


def test_two_hemispheres_say_how_far_brains_may_differ(real: Real) -> None:
    assert list(real.parts) == ["left", "right"]
    assert set(real.spread) == set(real.own["left"])
    assert "symmetry" in real.spread
    assert all(value >= 0 for value in real.spread.values())
    assert 0.3 < natural_overlap(real) < 0.8


def test_a_brain_of_one_side_has_no_spread() -> None:
    alone = Real.of(read_mushroom_body("right"))
    assert list(alone.parts) == ["whole"]
    assert alone.spread == {}
    assert np.isnan(natural_overlap(alone))
    law = next(law for name, law in baselines(alone, observed_counts(alone), 4, 0))
    table = compare(alone, "random", law, 1, 0, quiet).statistics
    assert table["mean_inside"].isna().all()  # nothing says how far brains may differ


def test_drawn_brains_have_the_links_synapses_and_couplings_of_the_real_one(
    real: Real, laws: Laws
) -> None:
    found = compare(real, "posterior", laws, 6, 0, quiet)
    links = found.novelty["links"]
    assert links.mean() == pytest.approx(real.linked.sum(), rel=0.02)
    assert links.nunique() > 1
    assert found.novelty["synapses"].mean() == pytest.approx(real.synapses.sum(), rel=0.05)
    assert 0.2 < found.novelty["shared"].mean() < 0.9
    table = found.statistics.set_index("statistic")
    for name in ("degrees", "reciprocity", "symmetry", "assortativity"):
        assert table.loc[name, "mean_distance"] < max(0.06, table.loc[name, "spread"]), name
    assert (table["mean_distance"] <= table["single_distance"] + 1e-9).all()
    inside = table["mean_distance"] <= table["spread"]
    assert (table["mean_inside"] == inside).all()


def test_a_seed_gives_the_same_brain_and_another_number_another(real: Real, laws: Laws) -> None:
    one, again, other = (draw(real, laws, 0, number) for number in (0, 0, 1))
    assert np.array_equal(one[0], again[0])
    assert np.array_equal(one[1], again[1])
    assert not np.array_equal(one[0], other[0])


def test_simpler_laws_miss_what_they_do_not_know(real: Real) -> None:
    found = {
        name: compare(real, name, law, 3, 0, quiet).statistics.set_index("statistic")
        for name, law in baselines(real, observed_counts(real), 6, 0)
    }
    random, degrees, blocks, coupled = found.values()
    assert next(iter(found)) == "Erdős-Rényi"
    assert random.loc["degrees", "mean_distance"] > 4 * degrees.loc["degrees", "mean_distance"]
    assert (
        degrees.loc["assortativity", "mean_distance"]
        > 2 * blocks.loc["assortativity", "mean_distance"]
    )
    assert (
        blocks.loc["reciprocity", "mean_distance"] > 3 * coupled.loc["reciprocity", "mean_distance"]
    )


def test_new_neurons_are_drawn_by_type_and_side_and_homologs_together(real: Real) -> None:
    groups = real.groups
    chosen = resample(groups, np.random.default_rng(0))
    assert np.array_equal(groups.kind[chosen], groups.kind)
    assert np.array_equal(groups.side[chosen], groups.side)
    paired = groups.homolog >= 0
    assert np.array_equal(groups.homolog[chosen][paired], chosen[groups.homolog[paired]])
    assert 0.5 < len(np.unique(chosen)) / len(chosen) < 0.75  # 1 - 1/e with replacement
    frequency = np.zeros(len(chosen))
    for seed in range(400):
        np.add.at(frequency, resample(groups, np.random.default_rng(seed)), 1 / 400)
    assert frequency == pytest.approx(1, abs=0.3)  # five standard errors


def test_neurons_without_homologs_are_drawn_among_themselves() -> None:
    homolog = np.array([3, -1, -1, 0, 5, 4])  # 4 and 5 are on one side
    groups = Groups(np.array([0, 0, 0, 1, 1, 1]), np.array([2, 2, 2, 0, 1, 1]), homolog)
    found = np.stack([resample(groups, np.random.default_rng(seed)) for seed in range(30)])
    allowed = [{0}, {1, 2}, {1, 2}, {3}, {4}, {5}]
    assert [set(column) for column in found.T] == allowed


def test_brains_of_new_neurons_have_the_links_and_the_symmetry_of_the_real_one(
    real: Real, generated: Connectome
) -> None:
    embedding = embedding_of(generated)
    fit = Fit.of(real, embedding)
    law = prior(real, fit, observed_counts(real), "prior")
    drawn = law(np.random.default_rng(0))
    assert np.array_equal(drawn.groups.kind, real.groups.kind)
    assert np.array_equal(drawn.groups.homolog, real.groups.homolog)
    assert drawn.probability.sum() == pytest.approx(real.linked.sum(), rel=0.01)
    found = compare(real, "prior", law, 3, 0, quiet)
    plain = next(law for name, law in baselines(real, observed_counts(real), 6, 0))
    random = compare(real, "random", plain, 3, 0, quiet)
    for name in ("degrees", "assortativity", "symmetry", "reciprocity"):
        one, other = (x.statistics.set_index("statistic") for x in (found, random))
        assert one.loc[name, "mean_distance"] < other.loc[name, "mean_distance"], name
    same = compare(real, "posterior", posterior(real, fit, observed_counts(real), ""), 3, 0, quiet)
    assert found.novelty["shared"].mean() < 0.7 * same.novelty["shared"].mean()


def test_synapses_of_new_neurons_are_those_of_the_ones_they_are_like(
    real: Real, generated: Connectome
) -> None:
    def by_sender(edges: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return 1.0 + edges[0]

    law = prior(real, Fit.of(real, embedding_of(generated)), by_sender, "prior")
    edges, synapses = law(np.random.default_rng(0)).draw(np.random.default_rng(1))
    chosen = resample(real.groups, np.random.default_rng(0))
    apart = chosen[edges[0]] != chosen[edges[1]]
    assert 0.9 < apart.mean() < 1
    as_sender = synapses == 1.0 + chosen[edges[0]]
    assert as_sender[apart].mean() > 0.97  # all but neurons that are like two homologs, crosswise
    assert not as_sender.all()


def test_two_neurons_like_the_same_one_are_linked_as_it_and_its_nearest() -> None:
    """0 and 1 are of one type, 2 and 3 of another; all four are like 0, 0, 2 and 3."""
    groups = Groups(np.zeros(4, int), np.array([0, 0, 1, 1]), np.full(4, -1))
    known = np.arange(16.0).reshape(4, 4)
    like = Likeness.of(groups, np.array([0, 0, 2, 3]), np.array([1, 0, 3, 2]))
    assert like.clones.tolist() == [1, 4]  # 0 -> 1 and 1 -> 0
    edges = np.array([[0, 1, 1, 2], [1, 0, 2, 3]])
    assert like.pairs(edges).tolist() == [[0, 1, 0, 2], [1, 0, 2, 3]]
    expected = known[np.ix_([0, 0, 2, 3], [0, 0, 2, 3])]
    expected[0, 1], expected[1, 0] = known[0, 1], known[1, 0]
    assert np.array_equal(like.matrix(known), expected)


def test_homologs_that_are_like_the_same_pair_are_linked_as_it_and_the_nearest_pair() -> None:
    """Pairs (0, 2) and (1, 3) of a left and a right neuron: both are like (0, 2)."""
    groups = Groups(np.array([0, 0, 1, 1]), np.zeros(4, int), np.array([2, 3, 0, 1]))
    like = Likeness.of(groups, np.array([0, 0, 2, 2]), np.array([1, 0, 3, 2]))
    among = np.array([[0, 0, 2, 2, 1, 3, 1, 3], [1, 3, 1, 3, 0, 0, 2, 2]])
    real = np.array([[0, 0, 2, 2, 1, 3, 1, 3], [1, 3, 1, 3, 0, 0, 2, 2]])
    assert np.array_equal(like.pairs(among), real)
    assert like.pairs(np.array([[0, 1], [2, 3]])).tolist() == [[0, 0], [2, 2]]  # with the homolog


def test_the_nearest_neuron_has_the_nearest_probabilities() -> None:
    """Rows and columns of 0 and 2 differ least; 3 is the only one of its type."""
    groups = Groups(np.zeros(4, int), np.array([0, 0, 0, 1]), np.full(4, -1))
    known = np.zeros((4, 4))
    known[:, 3] = [0.1, 0.9, 0.2, 0]
    assert nearest(groups, known).tolist() == [2, 2, 0, -1]


def test_no_link_is_drawn_with_more_synapses_than_a_real_one_has(
    real: Real, generated: Connectome
) -> None:
    """A model that says 20,000 of every link, then one that says 2 on average."""
    embedding = embedding_of(generated)
    weights = torch.zeros(embedding.compared[0].shape[1], 1)
    edges = np.repeat([[0], [1]], 20_000, axis=1)
    for expected, mean in ((20_000.0, real.synapses.data.max()), (2.0, 2.0)):
        readout = Readout(weights, torch.tensor([np.log(expected - 1)]).float())
        counts = learned_counts(CountModel(embedding, readout, 4.0), real)
        drawn = counts(edges, np.random.default_rng(0))
        assert drawn.mean() == pytest.approx(mean, rel=0.03)
        assert drawn.max() <= real.synapses.data.max()


def test_factors_of_new_neurons_that_are_distributions_are_drawn(
    real: Real, generated: Connectome
) -> None:
    embedding = embedding_of(generated, variational=True)
    assert embedding.log_std is not None
    certain = replace(embedding, log_std=None)
    fit = Fit.of(real, certain)
    one, other = (
        prior(real, replace(fit, embedding=e), observed_counts(real), "prior")(
            np.random.default_rng(0)
        ).probability
        for e in (certain, embedding)
    )
    assert np.abs(one - other).max() > 0.05


def test_distributions_are_drawn_anew_for_each_brain(real: Real, generated: Connectome) -> None:
    embedding = embedding_of(generated, variational=True)
    law = posterior(real, Fit.of(real, embedding), observed_counts(real), "posterior")
    one, other = (law(np.random.default_rng(seed)).probability for seed in (0, 1))
    assert np.abs(one - other).max() > 0.05
    assert one.sum() == pytest.approx(real.linked.sum(), rel=0.02)


def test_a_copy_gives_itself_away() -> None:
    connectome = read_mushroom_body("both")
    real = Real.of(connectome)
    linked = torch.from_numpy(real.linked).float()
    left, values, right = torch.linalg.svd(60 * linked - 30)
    kept = values[:200].sqrt()
    memorised = Embedding("copy", connectome.neuron_ids, left[:, :200] * kept, right[:200].T * kept)
    law = posterior(real, Fit.of(real, memorised), observed_counts(real), "copy")
    assert compare(real, "copy", law, 1, 0, quiet).novelty["shared"].iloc[0] > 0.97
    apart = real.apart
    assert apart is not None
    assert (law(np.random.default_rng(0)).probability[apart] == 0).all()


def test_scores_leave_biases_out(generated: Connectome) -> None:
    embedding = embedding_of(generated)
    expected = embedding.source @ embedding.target.T
    assert scores_of(embedding) == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize("suffix", ["csv", "parquet", "graphml"])
def test_brains_come_back_from_files(real: Real, laws: Laws, tmp_path: Path, suffix: str) -> None:
    edges, synapses = draw(real, laws, 0, 0)
    path = write_brain(tmp_path / f"brain.{suffix}", real.connectome, edges, synapses)
    back = read_table(str(path), synapses="synapses")
    ids = real.connectome.neuron_ids
    place = pd.Index(back.neuron_ids.astype(ids.dtype)).get_indexer(pd.Index(ids))
    n = back.num_neurons
    keys = place[edges[0]] * n + place[edges[1]]
    assert np.array_equal(np.sort(keys), np.sort(back.edge_keys.numpy()))
    assert float(back.synapses.sum()) == synapses.sum()
    if suffix == "graphml":
        graph = networkx.read_graphml(path)
        assert graph.nodes[str(ids[0])]["cell_type"] == real.connectome.neurons["cell_type"][0]


def test_graphml_has_one_type_for_an_attribute_and_every_digit(tmp_path: Path) -> None:
    large = 720575940621039101
    neurons = pd.DataFrame(
        {
            "pair_id": pd.array([large, None, large - 2], "Int64"),
            "level": pd.array([-1, None, 3], "Int64"),
            "mixed": pd.Series([1, "two", None], dtype=object),
            "ratio": [0.5, np.nan, 2.0],
            "seen": pd.to_datetime(["2020-01-02", None, "2021-03-04"]),
            "known": [True, False, True],
        }
    )
    ids = np.array([large, 5, large - 2])
    brain = assemble("brain", ids, ids[:2], ids[1:], np.array([2.0, 3.0]), neurons=neurons)
    edges, synapses = brain.edge_index.numpy(), brain.synapses.numpy()
    path = write_brain(tmp_path / "b.graphml", brain, edges, synapses)
    keys = re.findall(r'for="(?:node|edge)" attr.name="(\w+)" attr.type="(\w+)"', path.read_text())
    assert dict(keys) == {
        "synapses": "long",
        "pair_id": "string",
        "level": "long",
        "mixed": "string",
        "ratio": "double",
        "seen": "string",
        "known": "boolean",
    }
    assert len(keys) == 7
    back = read_table(str(path), synapses="synapses")
    assert back.neuron_ids.tolist() == ids.tolist()
    assert back.neurons["pair_id"].dropna().tolist() == [str(large), str(large - 2)]
    assert back.neurons["level"].dropna().tolist() == [-1, 3]
    assert back.neurons["ratio"].tolist()[::2] == [0.5, 2]


def test_another_format_is_refused(real: Real, laws: Laws, tmp_path: Path) -> None:
    edges, synapses = draw(real, laws, 0, 0)
    with pytest.raises(InputError, match="no such format; choose one of parquet, csv, graphml"):
        write_brain(tmp_path / "brain.xlsx", real.connectome, edges, synapses)
    assert not list(tmp_path.iterdir())


def test_pictures(real: Real, laws: Laws) -> None:
    table = compare(real, "posterior", laws, 1, 0, quiet).statistics
    axes = plot_statistics(table, "title").axes[0]
    assert len(axes.get_yticklabels()) == table["statistic"].nunique()
    matrix = as_matrix(real, *draw(real, laws, 0, 0))
    shown = {"left, real": real.own["left"], "posterior": real.statistics(matrix)["left"]}
    figure = plot_laws(shown, "title")
    assert [line.get_label() for line in figure.axes[0].lines] == list(shown)
