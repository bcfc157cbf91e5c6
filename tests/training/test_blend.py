"""The blend through Lightning: weighed on links that no part saw, refused in words."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from connectome.config import build, load_config
from connectome.data.splits import SplitConfig
from connectome.models.losses import DistanceSettings, LikelihoodSettings, ProductSettings
from connectome.models.nn import NetworkSettings
from connectome.runs import load_scorer
from connectome.scores import Blend
from connectome.training.batching import LinkDataModule
from connectome.training.loop import restore
from connectome.training.loop.fit import require_applicable
from connectome.training.modules.blend import BlendModule
from connectome.training.modules.blend.parts import Parts, without
from connectome.training.modules.directed import DirectedAutoencoderModule
from connectome.types import Connectome, InputError, NotApplicableError
from tests.conftest import annotated_connectome
from tests.training.test_baselines import trained
from tests.training.test_directed import auc, datamodule, train

FREE = NetworkSettings(state_dim=None, layers=0)
DISTANCES, PRODUCTS = DistanceSettings(30, 2.1, 0.4), ProductSettings(30, 1.0, 0.3)


def weights(model: BlendModule) -> torch.Tensor:
    return torch.cat([value.flatten().float() for value in model.state_dict().values()])


def alone(d: int, decoder: str, likelihood: LikelihoodSettings) -> DirectedAutoencoderModule:
    own = {"network": FREE, "dropout": None, "l2": None, "solver": "newton"}
    return DirectedAutoencoderModule(d, decoder=decoder, likelihood=likelihood, **own)


def mirrored_brain() -> Connectome:
    """40 neurons and their mirror images, with the same edges but for noise."""
    one = annotated_connectome(1, neurons=40, edges=300)
    pre, post = one.edge_index
    edges = torch.cat([one.edge_index, torch.stack([pre + 40, post + 40])], dim=1)
    kept = torch.rand(edges.shape[1], generator=torch.Generator().manual_seed(0)) < 0.9
    ids = pd.Series(range(80), dtype="Int64")
    return Connectome(
        "mirrored",
        ids.to_numpy(dtype="int64"),
        edges[:, kept],
        torch.cat([one.synapses, one.synapses])[kept],
        pd.DataFrame({"pair_id": (ids + 40) % 80}),
    )


def data_of(connectome: Connectome, protocol: str, directed: bool = True) -> LinkDataModule:
    return LinkDataModule(connectome, SplitConfig(directed, protocol), steps_per_epoch=20)


def test_the_parts_are_the_models_of_their_names(mushroom: Connectome) -> None:
    """To the last bit, but for the weights: scale of distances, roots of products, biases."""
    data, model = datamodule(mushroom), BlendModule(8, product_share=0.25)
    train(model, data)
    whole = model.embed(data.graph)
    weight = model.measures(data.graph)
    assert list(weight) == ["weight_distance", "weight_product", "weight_paths"]
    far, near = alone(6, "distance", DISTANCES), alone(2, "inner_product", PRODUCTS)
    for one in (far, near):
        train(one, data, epochs=100)
    far_factors, near_factors = far.embed(data.graph), near.embed(data.graph)
    assert (whole.latent_dim, whole.products) == (8, 2)
    assert torch.equal(whole.source[:, :6], far_factors.source)
    root = weight["weight_product"] ** 0.5
    torch.testing.assert_close(whole.target[:, 6:], root * near_factors.target)
    pairs = data.split.test
    paths = whole.path_weight * (whole._paths.score_pairs(pairs) + whole.path_floor).log()
    expected = (
        weight["weight_distance"] * far_factors.score_pairs(pairs)
        + weight["weight_product"] * near_factors.score_pairs(pairs)
        + paths
        + whole.offset
    )
    torch.testing.assert_close(whole.score_pairs(pairs), expected, rtol=1e-4, atol=1e-4)


def test_it_is_better_than_its_parts(mushroom: Connectome) -> None:
    data, model, distance = datamodule(mushroom), BlendModule(8), alone(8, "distance", DISTANCES)
    train(model, data)
    train(distance, data, epochs=100)
    assert auc(model, data) > auc(distance, data) - 0.002
    assert auc(model, data) > 0.95
    assert min(model.measures(data.graph).values()) > 0


def test_numbers_are_factors_biases_and_two_for_each_training_edge(mushroom: Connectome) -> None:
    """2 d + 2, whatever the share of products; the graph is counted, for paths need it."""
    data = datamodule(mushroom)
    edges = data.graph.edge_index.shape[1]
    for share in (0.0, 0.25, 1.0):
        model = BlendModule(4, product_share=share)
        train(model, data)
        found = model.embed(data.graph).numbers_per_neuron
        assert found == pytest.approx(2 * 4 + 2 + 2 * edges / 213)
        factors = sum(parameter.numel() for parameter in model.parameters())
        assert factors == 213 * (2 * 4 + 2 * len(model.widths))


def test_a_seed_gives_the_same_bits_and_another_one_others(mushroom: Connectome) -> None:
    data = datamodule(mushroom)
    first, second, other = (BlendModule(8, product_share=0.5, seed=k) for k in (0, 0, 1))
    for model in (first, second, other):
        train(model, data)
    assert torch.equal(weights(first), weights(second))
    assert not torch.equal(first.weights, other.weights)


def test_validation_and_test_links_are_not_looked_at(mushroom: Connectome) -> None:
    data, blind = datamodule(mushroom), datamodule(mushroom)
    val, test = data.split.val[:, :2], data.split.test[:, :2]
    blind.split = replace(
        data.split, val=val, test=test, val_negatives=val.flip(0), test_negatives=test.flip(0)
    )
    models = [BlendModule(4), BlendModule(4)]
    for model, one in zip(models, (data, blind), strict=True):
        train(model, one)
    assert torch.equal(weights(models[0]), weights(models[1]))


def test_a_run_that_has_ended_is_resumed_to_the_same_bits(
    mushroom: Connectome, tmp_path: Path
) -> None:
    data, ended, resumed = datamodule(mushroom), BlendModule(4), BlendModule(4)
    train(ended, data, epochs=1).save_checkpoint(tmp_path / "end.ckpt")
    train(resumed, data, epochs=1, begin=tmp_path / "end.ckpt")
    assert torch.equal(weights(resumed), weights(ended))


def test_it_is_read_again_from_folder_and_checkpoint(tmp_path: Path) -> None:
    scorer, data, metrics = trained(
        tmp_path, "model=directed_blend", "model.product_share=0.5", "latent_dim=4",
        "split.directed=true",
    )  # fmt: skip
    assert type(scorer) is Blend
    assert scorer.method == "directed_blend-product-0.5"
    again = restore(tmp_path / "checkpoints" / "best.ckpt", build).scorer
    pairs = data.split.test
    torch.testing.assert_close(again.score_pairs(pairs), scorer.score_pairs(pairs))
    assert metrics["numbers_per_neuron"] == pytest.approx(scorer.numbers_per_neuron)
    assert load_scorer(tmp_path / "embedding.npz").data_fingerprint == scorer.data_fingerprint


def test_mirror_images_are_evidence_where_they_may_be() -> None:
    """Nine of ten links have one here, and hardly any other pair."""
    data = data_of(mirrored_brain(), "reciprocal")
    plain, evident = BlendModule(4), BlendModule(4, evidence=["mirror"])
    for model in (plain, evident):
        require_applicable(model, data)
        train(model, data)
    assert evident.method == "directed_blend-mirror"
    assert evident.measures(data.graph)["weight_mirror"] > 1
    assert auc(evident, data) > auc(plain, data) + 0.1
    embedding = evident.embed(data.graph)
    assert embedding.homologs is not None
    assert embedding.homologs.tolist() == [*range(40, 80), *range(40)]
    assert embedding.numbers_per_neuron == pytest.approx(
        plain.embed(data.graph).numbers_per_neuron + 1
    )


def test_evidence_is_that_of_the_graph_that_the_parts_saw() -> None:
    """A link held out once more is no evidence for its own mirror image."""
    data = data_of(mirrored_brain(), "reciprocal")
    held = torch.zeros(data.graph.edge_index.shape[1], dtype=torch.bool)
    held[:5] = True
    homolog = torch.tensor([*range(40, 80), *range(40)])
    mirrored = homolog[data.graph.edge_index[:, :5]]
    whole, fewer = (
        Parts.of(graph, {}, homolog, ("mirror",)).columns(mirrored, 1.0)[:, 1]
        for graph in (data.graph, without(data.graph, held))
    )
    assert (whole > 0).all()
    assert not fewer.any()


@pytest.mark.parametrize(
    ("evidence", "protocol", "reason"),
    [
        ("mirror", "orbit", "holds mirror images out together"),
        ("mirror", "cell_type_block", "use split.protocol=reciprocal, or model.evidence=[]"),
        ("reverse", "orbit", "holds both directions of a pair out together"),
        ("reverse", "reciprocal", "use split.protocol=random, or model.evidence=[]"),
    ],
)
def test_evidence_that_the_protocol_holds_out_is_refused(
    evidence: str, protocol: str, reason: str
) -> None:
    data = data_of(annotated_connectome(1, neurons=40, edges=400), protocol)
    with pytest.raises(NotApplicableError) as found:
        require_applicable(BlendModule(4, evidence=[evidence]), data)
    message = str(found.value)
    assert message.startswith(f"model.evidence=[{evidence}]: split.protocol={protocol} ")
    assert reason in message
    assert "\n" not in message
    require_applicable(BlendModule(4), data)


def test_homologs_must_be_known_and_not_found_from_the_links(mushroom: Connectome) -> None:
    model = BlendModule(4, evidence=["mirror"])
    with pytest.raises(NotApplicableError, match="has no column 'pair_id'"):
        require_applicable(model, datamodule(mushroom))
    found = replace(mirrored_brain(), found_pairs=True)
    with pytest.raises(NotApplicableError, match="found from all links, held-out ones too"):
        require_applicable(model, data_of(found, "reciprocal"))


def test_both_kinds_of_evidence_under_a_random_split() -> None:
    data = data_of(mirrored_brain(), "random")
    model = BlendModule(4, evidence=["reverse", "mirror"])
    require_applicable(model, data)
    train(model, data)
    assert model.method == "directed_blend-mirror-reverse"
    assert [*model.measures(data.graph)][-2:] == ["weight_mirror", "weight_reverse"]
    scorer = model.embed(data.graph)
    rows = scorer.score_rows(torch.tensor([0, 50]))
    pairs = torch.stack([torch.tensor([0, 50]).repeat_interleave(80), torch.arange(80).repeat(2)])
    torch.testing.assert_close(scorer.score_pairs(pairs), rows.flatten())


def test_undirected_links_and_graphs_without_counts_are_refused(mushroom: Connectome) -> None:
    data = data_of(mushroom, "reciprocal", directed=False)
    with pytest.raises(NotApplicableError, match=re.escape("set split.directed=true")):
        BlendModule(4).build(data.graph)
    graph = replace(datamodule(mushroom).graph, synapses=None)
    with pytest.raises(NotApplicableError, match="has no synapse counts"):
        BlendModule(4).build(graph)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"product_share": 1.5}, "model.product_share=1.5: must be between 0 and 1"),
        ({"held_share": 1.0}, "model.held_share=1.0: must lie strictly between 0 and 1"),
        ({"evidence": ["mirrors"]}, "choose among mirror, reverse, each once"),
        ({"evidence": ["mirror", "mirror"]}, "choose among mirror, reverse, each once"),
        ({"negatives": 0}, "model.negatives=0: must be 1 or more"),
    ],
)
def test_values_out_of_range_are_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=re.escape(reason)):
        BlendModule(4, **options)


def test_dimensions_are_dealt_out_in_whole_numbers() -> None:
    far, near = {"distance": 8}, {"inner_product": 8}
    both = {"distance": 6, "inner_product": 2}
    for share, dealt in ((0.0, far), (0.2, both), (1.0, near)):
        assert BlendModule(8, product_share=share).dealt(10_000) == dealt
    assert BlendModule(8).dealt(8192) == far
    assert BlendModule(8).dealt(8193) == near
    names = [BlendModule(8, product_share=share).method for share in (None, 0.0, 0.25)]
    assert names == ["directed_blend", "directed_blend-product-0", "directed_blend-product-0.25"]


def test_the_configuration_has_what_the_class_has() -> None:
    made = build(
        load_config(["model=directed_blend", "latent_dim=3", "run_dir=/x", "name=t"]).model
    )
    assert made.hparams == BlendModule(3).hparams
