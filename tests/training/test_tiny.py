"""Graphs on which a method has little or nothing to go by: what it scores then is no noise."""

import logging
from typing import Any

import numpy as np
import pytest
import torch

from connectome.data.splits import SplitConfig
from connectome.data.tabular import assemble
from connectome.metrics.links import scorer_metrics
from connectome.scores import Embedding
from connectome.training.batching import LinkDataModule
from connectome.training.loop.fit import final_metrics
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.training.modules.spectral import SpectralModule
from connectome.types import Connectome, LinkSplit, MessageGraph
from tests.training.test_modules import datamodule, trainer

SOLVERS = ["lanczos", "randomized"]


def connectome(edges: list[tuple[int, int]], neurons: int) -> Connectome:
    pre, post = np.array(edges).T + 1
    return assemble("tiny", np.arange(1, neurons + 1), pre, post, np.ones(len(edges)))


def star(neurons: int = 20, both: bool = True) -> Connectome:
    out = [(0, leaf) for leaf in range(1, neurons)]
    return connectome(out + [(leaf, hub) for hub, leaf in out] * both, neurons)


def fitted(module: SpectralModule, data: LinkDataModule) -> Embedding:
    trainer(**module.trainer_limits).fit(module, data)
    return module.embed(data.graph)


def held_out(data: Connectome, **options: Any) -> LinkDataModule:
    return datamodule(data, protocol="random", val_fraction=0.1, test_fraction=0.25, **options)


def auc(scorer: Embedding, split: LinkSplit) -> float:
    return scorer_metrics(scorer, split.test, split.test_negatives).auc


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("latent_dim", [2, 5, 9])
@pytest.mark.parametrize("variant", ["ase", "lse"])
@pytest.mark.parametrize(("both", "directed"), [(False, True), (True, True), (True, False)])
def test_a_star_says_nothing_of_its_leaves(
    solver: str, latent_dim: int, variant: str, both: bool, directed: bool
) -> None:
    """A leaf that lost its only link is linked to nothing: test links tie with absent pairs."""
    data = held_out(star(both=both), directed=directed)
    module = SpectralModule(latent_dim, variant, solver=solver)
    embedding = fitted(module, data)
    assert module.measures(data.graph) == {"rank": 2.0 if both else 1.0}
    assert float(module.trainer.logged_metrics["train/rank"]) == (2 if both else 1)
    if not both or not directed:
        assert auc(embedding, data.split) == 0.5
    else:  # leaf -> hub is left of a lost hub -> leaf
        scores = embedding.score_pairs(data.split.test_negatives)
        assert not scores.any()


def test_dimensions_that_say_nothing_are_told(caplog: pytest.LogCaptureFixture) -> None:
    data = held_out(star(both=False), directed=True)
    with caplog.at_level(logging.WARNING):
        fitted(SpectralModule(9), data)
    assert caplog.messages == [
        "latent_dim=9: the training graph has rank 1, so 8 dimensions are zero; take latent_dim=1 "
        "or less"
    ]


@pytest.mark.parametrize("seed", range(3))
def test_as_many_dimensions_as_the_rank_score_every_absent_pair_alike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    edges = {(int(a), int(b)) for a, b in rng.integers(12, size=(30, 2)) if a != b}
    data = held_out(connectome(sorted(edges), 12), directed=True, seed=seed)
    assert auc(fitted(SpectralModule(11), data), data.split) == 0.5


def with_strangers() -> tuple[MessageGraph, LinkSplit]:
    """A circle of 12 with chords, one of them held out, and 8 neurons without any link."""
    ring = [(i, (i + 1) % 12) for i in range(12)] + [(0, 2), (3, 5), (6, 8)]
    links = torch.tensor([*ring, (9, 11)]).T.sort(dim=0).values
    strangers = torch.tensor([[12, 14, 16, 0, 9], [13, 15, 17, 18, 19]])
    split = LinkSplit(
        *(20, False, "random", 0),
        train=links[:, :-1],
        val=links[:, :0],
        test=links[:, -1:],
        val_negatives=links[:, :0],
        test_negatives=strangers,
    )
    return MessageGraph(np.arange(20), split.message_edges, directed=False), split


@pytest.mark.parametrize(
    ("variant", "decoder", "largest_component"),
    [
        ("laplacian", "native", True),
        ("laplacian", "native", False),
        ("diffusion", "native", True),
        ("ase", "distance", True),
        ("lse", "distance", True),
    ],
)
def test_neurons_without_a_link_are_not_the_best_linked(
    variant: str, decoder: str, largest_component: bool
) -> None:
    """All of them lie at the origin, at distance 0 from each other."""
    graph, split = with_strangers()
    module = SpectralModule(2, variant, decoder, largest_component)
    module.log = lambda *args, **kwargs: None  # type: ignore[method-assign]
    module.source, module.target = module._factors(graph)
    embedding = module.embed(graph)
    assert auc(embedding, split) == 1
    scores = embedding.score_rows(torch.arange(20))
    assert scores[:, 12:].max() <= scores[:12, :12].min()
    assert scores[12:].max() <= scores[:12, :12].min()


@pytest.mark.parametrize("features", [[], ["degrees"]])
def test_neurons_that_nothing_tells_apart_are_not_the_best_linked(features: list[str]) -> None:
    """With features alone, those without a link lie in one place."""
    rng = np.random.default_rng(0)
    edges = {(int(a), int(b)) for a, b in rng.integers(30, size=(140, 2)) if a != b}
    data = LinkDataModule(connectome(sorted(edges), 60), SplitConfig(), 20, features)
    module = AutoencoderModule(4, False, encoder="linear", decoder="distance")
    trainer(max_epochs=5).fit(module, data)
    scores = module.embed(data.graph).score_rows(torch.arange(60))
    pre, post = data.split.train
    strangers = scores[30:, 30:][~torch.eye(30, dtype=torch.bool)]
    assert strangers.median() < scores[pre, post].median() - 1


def test_a_hub_at_the_origin_keeps_its_place() -> None:
    # by symmetry, as eigenmaps have it: nothing is taken from it, all from the lost leaves
    data = held_out(star())
    embedding = fitted(SpectralModule(5, "laplacian"), data)
    assert not embedding.source[0].any()
    assert embedding.source_bias is not None
    assert embedding.source_bias[0] == 0
    lost = data.split.test[1]
    assert (embedding.source_bias[lost] < 0).all()
    hub = embedding.score_rows(torch.tensor([0]))[0]
    linked = data.split.train[1]
    assert hub[lost].max() < hub[linked].min()


def test_a_figure_says_what_it_rests_on(caplog: pytest.LogCaptureFixture) -> None:
    data = held_out(star(both=False), directed=True)
    embedding = fitted(SpectralModule(1), data)
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        metrics = final_metrics(embedding, data, test=True)
    held = data.split.test.shape[1]
    assert (metrics["test/links"], metrics["test/negatives"], metrics["test/tied"]) == (
        held,
        held,
        1,
    )
    assert caplog.messages == [
        f"test: {held} links and {held} unconnected pairs; figures of fewer than 20 say little",
        "test: all scores are equal (constant score), so the AUC is .5 whatever the method",
    ]
