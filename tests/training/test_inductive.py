from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.splits import SplitConfig, whole_graph
from connectome.metrics.links import scorer_metrics
from connectome.runs import KEY
from connectome.scores import Embedding
from connectome.training.batching import LinkDataModule
from connectome.training.loop import VerifiedCheckpointIO
from connectome.training.modules import InductiveModule
from connectome.training.modules.masking import hide_links
from connectome.types import InputError, MessageGraph, NotApplicableError
from tests.training.test_modules import trainer


def data(side: str, directed: bool = True) -> LinkDataModule:
    split = SplitConfig(directed=directed)
    return LinkDataModule(read_mushroom_body(side), split, steps_per_epoch=20)


def fitted(module: InductiveModule, source: LinkDataModule, epochs: int = 6) -> InductiveModule:
    trainer(max_epochs=epochs).fit(module, source)
    return module


def auc(embedding: Embedding, where: LinkDataModule) -> float:
    return scorer_metrics(embedding, where.split.test, where.split.test_negatives).auc


def shared(embedding: Embedding) -> np.ndarray:
    assert embedding.shared is not None
    return embedding.shared.numpy()


@pytest.mark.parametrize(("here", "there"), [("left", "right"), ("right", "left")])
def test_one_hemisphere_teaches_the_other(here: str, there: str) -> None:
    source, target = data(here), data(there)
    module = fitted(InductiveModule(8), source)
    unseen = module.embed(target.graph)
    same = fitted(InductiveModule(8), target).embed(target.graph)
    assert auc(unseen, target) > 0.94
    assert abs(auc(unseen, target) - auc(same, target)) < 0.02
    types = [where.connectome.neurons["cell_type"].to_numpy(str) for where in (source, target)]
    classifier = LogisticRegression(max_iter=3000)
    classifier.fit(shared(module.embed(source.graph)), types[0])
    assert (classifier.predict(shared(unseen)) == types[1]).mean() > 0.93
    shuffled = np.random.default_rng(0).permutation(types[0])
    classifier.fit(shared(module.embed(source.graph)), shuffled)
    assert (classifier.predict(shared(unseen)) == types[1]).mean() < 0.7


@pytest.mark.parametrize(
    "options",
    [{"variational": True}, {"rounds": 0}],
    ids=lambda options: next(iter(options)),
)
@pytest.mark.parametrize("directed", [False, True])
def test_every_option_trains_on_two_brains(options: dict[str, Any], directed: bool) -> None:
    source = data("both", directed)
    module = fitted(InductiveModule(4, **options), source, epochs=3)
    embedding = module.embed(source.graph)
    assert auc(embedding, source) > 0.85
    assert shared(embedding).shape == (422, 8 if directed else 4)
    fresh = InductiveModule(4, **options)
    fresh.build(source.graph)
    before = fresh.state_dict()
    for name, parameter in module.named_parameters():
        assert not torch.equal(parameter, before[name]), f"{name} was not trained"
    pairs = source.split.test
    reversed_ = embedding.score_pairs(pairs.flip(0))
    assert torch.allclose(embedding.score_pairs(pairs), reversed_, atol=1e-5) != directed


def test_links_in_training_do_not_see_themselves() -> None:
    graph = data("right").graph
    seen, hidden = hide_links(graph, 0.2, torch.Generator().manual_seed(0))
    n = graph.num_neurons
    known = set((seen.edge_index[0] * n + seen.edge_index[1]).tolist())
    assert 0.15 < hidden.shape[1] / graph.edge_index.shape[1] < 0.25
    assert hidden.shape[1] + len(known) == graph.edge_index.shape[1]
    for one, other in (hidden, hidden.flip(0)):
        assert not known & set((one * n + other).tolist())


def test_what_is_hidden_of_an_undirected_graph_comes_once() -> None:
    graph = data("right", directed=False).graph
    seen, hidden = hide_links(graph, 0.2, torch.Generator().manual_seed(0))
    assert (hidden[0] < hidden[1]).all()
    assert 2 * hidden.shape[1] + seen.edge_index.shape[1] == graph.edge_index.shape[1]


def test_nothing_to_hide_is_said() -> None:
    graph = MessageGraph(np.arange(2), torch.tensor([[0], [1]]), True, synapses=torch.ones(1))
    with pytest.raises(NotApplicableError, match="hides 1 of 1 training edges"):
        hide_links(graph, 0.999, torch.Generator().manual_seed(0))


def test_embedding_the_other_kind_of_links_is_refused() -> None:
    module = InductiveModule(4)
    module.build(data("left").graph)
    with pytest.raises(InputError, match=r"trained on directed links.*split\.directed"):
        module.embed(whole_graph(read_mushroom_body("right"), directed=False))


def test_a_model_is_adapted_from_a_checkpoint(tmp_path: Path) -> None:
    source, target = data("left"), data("right")
    module = fitted(InductiveModule(4), source)
    path = tmp_path / "start.ckpt"
    VerifiedCheckpointIO().save_checkpoint({"state_dict": module.state_dict(), KEY: {}}, path)
    adapted = InductiveModule(4, start=str(path))
    adapted.build(target.graph)
    assert torch.equal(adapted.embed(target.graph).source, module.embed(target.graph).source)
    other = InductiveModule(5, start=str(path))
    with pytest.raises(InputError, match=r"model\.start=.*another kind of model"):
        other.build(target.graph)


def test_the_same_seed_gives_the_same_model() -> None:
    source = data("left")
    one, other, third = (
        fitted(InductiveModule(4, seed=seed), source, epochs=1).embed(source.graph).source
        for seed in (0, 0, 1)
    )
    assert torch.equal(one, other)
    assert not torch.equal(one, third)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_links": 1.0}, r"model\.hidden_links=1\.0"),
        ({"views": 0}, r"model\.views=0: must be 1 or more"),
        ({"learning_rate": 0.0}, r"model\.learning_rate=0"),
        ({"rounds": -1}, r"model\.rounds=-1"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        InductiveModule(4, **options)


def test_batches_and_several_brains_do_not_go_together() -> None:
    from connectome.training.batching import EdgeBatches

    with pytest.raises(NotApplicableError, match="joins 2 brains"):
        LinkDataModule(read_mushroom_body("both"), SplitConfig(), 20, batch=EdgeBatches(64))
