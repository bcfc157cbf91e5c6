"""A similarity registered here and nowhere else trains, is stored, restored and scores."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from connectome.analysis.generation.laws import scores_of
from connectome.config import build, load_config, plain
from connectome.models.losses import Comparison, LikelihoodSettings, LinkLikelihood, draw_block
from connectome.runs import RunFolder, load_scorer
from connectome.scores import Embedding
from connectome.scores.similarity import SIMILARITIES, Similarity, register_similarity
from connectome.training.loop import Benchmark, fit_and_test, restore
from connectome.types import InputError, MessageGraph


class Manhattan(Similarity):
    """Minus the sum of absolute differences."""

    name = "manhattan"

    def pairs(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Values ``[P]`` of the rows."""
        return -(source - target).abs().sum(dim=1)


@pytest.fixture
def _registered() -> Iterator[None]:
    register_similarity(Manhattan)
    yield
    del SIMILARITIES[Manhattan.name]


MODELS = {
    "gae": ("model=gae",),
    "factor": ("model=factor",),
    "spectral": ("model=spectral",),
    "directed_gae": ("model=directed_gae", "split.directed=true"),
    "directed_factor": ("model=directed_factor", "split.directed=true"),
}


@pytest.mark.usefixtures("_registered")
@pytest.mark.parametrize("model", MODELS)
def test_a_new_similarity_goes_through_training_and_back(model: str, tmp_path: Path) -> None:
    options = ["latent_dim=3", "model.decoder=manhattan", "logger=none", "trainer.max_epochs=1"]
    options += [f"run_dir={tmp_path}", "name=x", "callbacks.progress=null", *MODELS[model]]
    config = load_config(options)
    metrics = fit_and_test(
        folder=RunFolder(tmp_path, plain(config), {}),
        datamodule=build(config.datamodule),
        module=build(config.model),
        make_trainer=build(config.trainer),
        callbacks=[build(one) for one in config.callbacks.values() if one is not None],
        loggers=[],
        benchmark=Benchmark(),
    )
    assert metrics is not None
    assert model == "spectral" or metrics["test/auc"] > 0.6  # spectral factors are not fitted to it
    saved = load_scorer(tmp_path / "embedding.npz")
    assert isinstance(saved, Embedding)
    assert saved.score == "manhattan"
    assert "manhattan" in saved.method
    source, target = saved.compared
    by_hand = saved.scale * -(source[4] - target[9]).abs().sum() + saved.offset
    for bias, neuron in ((saved.source_bias, 4), (saved.target_bias, 9)):
        by_hand = by_hand if bias is None else by_hand + bias[neuron]
    pair = torch.tensor([[4], [9]])
    torch.testing.assert_close(saved.score_pairs(pair)[0], by_hand)
    torch.testing.assert_close(saved.score_rows(pair[0])[0, 9], by_hand)
    assert scores_of(saved).shape == (len(source), len(target))
    restored = restore(tmp_path / "checkpoints" / "best.ckpt", build).scorer
    pairs = torch.arange(200).view(2, 100)
    torch.testing.assert_close(restored.score_pairs(pairs), saved.score_pairs(pairs))


@pytest.mark.usefixtures("_registered")
@pytest.mark.parametrize(("rows", "columns"), [(12, 12), (5, 4)])
def test_the_likelihood_of_blocks_takes_any_similarity(
    rows: int, columns: int, tiny_graph: MessageGraph
) -> None:
    """Against the loss written out pair by pair, in value and gradient."""
    likelihood = LinkLikelihood.of(tiny_graph, LikelihoodSettings(3.0))
    block = draw_block(likelihood.rows, rows, columns, torch.Generator().manual_seed(2))
    generator = torch.Generator().manual_seed(1)
    sent, received = (
        torch.randn(12, 3, generator=generator).double().requires_grad_() for _ in range(2)
    )
    comparison = Comparison("manhattan").double()
    biases = torch.zeros(rows).double(), torch.zeros(len(block.columns)).double()
    vectors = sent[block.rows], received[block.columns]
    loss = comparison.loss(likelihood, vectors, biases, block, torch.ones(3).double(), 0.0)
    logits = -(sent[block.rows][:, None] - received).abs().sum(dim=2)
    linked = torch.zeros(12, 12, dtype=torch.bool)
    linked[tuple(tiny_graph.edge_index)] = True
    expected = torch.zeros(()).double()
    for row, neuron in enumerate(block.rows.tolist()):
        drawn = block.columns[: block.drawn].tolist()
        for other in range(12):
            if linked[neuron, other]:
                expected = expected + 3 * torch.log1p((-logits[row, other]).exp())
            elif other in drawn and other != neuron:
                expected = expected + 12 / columns * torch.log1p(logits[row, other].exp())
    expected = expected / (rows / 12) / (3 * tiny_graph.edge_index.shape[1])
    torch.testing.assert_close(loss, expected)
    for found, wanted in zip(
        torch.autograd.grad(loss, (sent, received)),
        torch.autograd.grad(expected, (sent, received)),
        strict=True,
    ):
        torch.testing.assert_close(found, wanted)


@pytest.fixture
def tiny_graph() -> MessageGraph:
    linked = torch.rand(12, 12, generator=torch.Generator().manual_seed(0)) < 0.25
    edges = linked.fill_diagonal_(False).nonzero().T
    return MessageGraph(torch.arange(12).numpy(), edges, True)


@pytest.mark.usefixtures("_registered")
def test_a_name_is_given_once() -> None:
    with pytest.raises(InputError, match="similarity manhattan: there is one already"):
        register_similarity(Manhattan)
    assert isinstance(SIMILARITIES["manhattan"], Manhattan)


@pytest.mark.parametrize("model", ["gae", "spectral", "directed_gae"])
def test_one_that_is_not_registered_is_refused_by_name(model: str) -> None:
    config = load_config(["run_dir=/x", "name=x", f"model={model}", "model.decoder=manhattan"])
    with pytest.raises(InputError, match=r"model\.decoder=manhattan: choose one of .*gravity"):
        build(config.model)


class ByProduct(Manhattan):
    """One that counts how often a whole block is asked for at once."""

    name = "by_product"
    blocks = 0

    def trained_all_pairs(self, source: Tensor, target: Tensor) -> Tensor:
        ByProduct.blocks += 1
        return -torch.cdist(source, target, p=1)


def test_blocks_come_from_what_gives_them_at_once(tiny_graph: MessageGraph) -> None:
    likelihood = LinkLikelihood.of(tiny_graph, LikelihoodSettings(3.0))
    block = draw_block(likelihood.rows, 12, 12, torch.Generator().manual_seed(2))
    sent, received = torch.randn(2, 12, 3, generator=torch.Generator().manual_seed(1)).double()
    biases = torch.zeros(12).double(), torch.zeros(len(block.columns)).double()
    losses = []
    for similarity in (Manhattan(), ByProduct()):
        comparison = Comparison("distance").double()
        comparison.similarity = similarity
        vectors = sent[block.rows], received[block.columns]
        losses.append(
            comparison.loss(likelihood, vectors, biases, block, torch.ones(3).double(), 0.0)
        )
    assert ByProduct.blocks == 1
    torch.testing.assert_close(*losses)
