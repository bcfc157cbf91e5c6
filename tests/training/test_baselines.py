"""Methods beyond the autoencoders, through the same trainer as everything else."""

from pathlib import Path

import pytest
import torch

from connectome.cli.jobs.train import Parts
from connectome.cli.jobs.train import fit as fit_run
from connectome.config import build, identity, load_config, plain
from connectome.metrics.links import scorer_metrics
from connectome.runs import RunFolder, load_scorer
from connectome.scores import BlockModel, Embedding, NeighbourScore, Scorer
from connectome.training.batching import LinkDataModule
from connectome.training.loop import restore
from connectome.types import InputError, NotApplicableError

MODELS = {
    "preferential_attachment": 0.9,
    "l3": 0.9,
    "l3_normalised": 0.9,
    "l3_weighted": 0.9,
    "resource_allocation": 0.88,
    "dcsbm": 0.93,
    "deepwalk": 0.55,  # its negatives take out degrees, which predict most here
    "node2vec": 0.55,
    "factor": 0.93,
    "linear_gae": 0.9,
    "linear_vgae": 0.9,
    "source_target_gae": 0.9,
    "lse": 0.9,
}
SMOKE = ("trainer=smoke", "latent_dim=3")


def trained(path: Path, *overrides: str) -> tuple[Scorer, LinkDataModule, dict[str, float]]:
    config = load_config(
        [f"run_dir={path}", "name=test", "logger=none", "callbacks.progress=null", *overrides]
    )
    datamodule: LinkDataModule = build(config.datamodule)
    folder = RunFolder(path, plain(config), identity(config))
    metrics = fit_run(config, folder, datamodule, Parts.of(config, folder))
    assert metrics is not None
    return load_scorer(path / "embedding.npz"), datamodule, metrics


@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_method_predicts_links_and_survives_the_disk(tmp_path: Path, model: str) -> None:
    scorer, datamodule, metrics = trained(
        tmp_path, f"model={model}", "latent_dim=4", "split.directed=true"
    )
    split = datamodule.split
    auc = scorer_metrics(scorer, split.test, split.test_negatives).auc
    assert auc == pytest.approx(metrics["test/auc"], abs=1e-9)
    assert auc > MODELS[model]
    again = restore(tmp_path / "checkpoints" / "best.ckpt", build).scorer
    pairs = torch.cat([split.test, split.test_negatives], dim=1)
    torch.testing.assert_close(again.score_pairs(pairs), scorer.score_pairs(pairs))
    assert metrics["numbers_per_neuron"] == pytest.approx(scorer.numbers_per_neuron)


@pytest.mark.parametrize("model", sorted(MODELS.keys() - {"source_target_gae"}))
def test_undirected_scores_are_the_same_both_ways(tmp_path: Path, model: str) -> None:
    scorer, datamodule, _ = trained(tmp_path, f"model={model}", "trainer=smoke")
    test = datamodule.split.test
    torch.testing.assert_close(scorer.score_pairs(test), scorer.score_pairs(test.flip(0)))


@pytest.mark.parametrize("model", ["source_target_gae", "gae", "vgae"])
def test_source_and_target_of_links_without_direction_are_refused(
    tmp_path: Path, model: str
) -> None:
    with pytest.raises(NotApplicableError, match=r"source_target=true: .*split.directed=true"):
        trained(tmp_path, f"model={model}", "model.source_target=true", "trainer=smoke")


def test_what_each_kind_of_method_keeps_of_a_neuron(tmp_path: Path) -> None:
    kept = {}
    for model in ("preferential_attachment", "factor", "deepwalk", "dcsbm", "l3", "gae"):
        scorer, datamodule, _ = trained(
            tmp_path / model,
            f"model={model}",
            "latent_dim=3",
            "split.directed=true",
            "trainer=smoke",
        )
        kept[model] = scorer.numbers_per_neuron
        if model == "dcsbm":
            assert isinstance(scorer, BlockModel)
            assert kept[model] == pytest.approx(3 + scorer.rates.numel() / 213)
        if model == "l3":
            assert isinstance(scorer, NeighbourScore)
            assert kept[model] == pytest.approx(datamodule.split.train.shape[1] / 213)
    assert kept["preferential_attachment"] == 2
    assert kept["factor"] == 2 * 3 + 2
    assert kept["deepwalk"] == 2 * 3
    assert kept["gae"] == 3


def test_factor_model_has_one_side_where_links_have_no_direction(tmp_path: Path) -> None:
    scorer, _, _ = trained(tmp_path, "model=factor", "latent_dim=3", "trainer=smoke")
    assert isinstance(scorer, Embedding)
    assert scorer.target is scorer.source
    assert scorer.source_bias is scorer.target_bias
    assert scorer.numbers_per_neuron == 3 + 1


def test_walks_with_a_bias_are_node2vec(tmp_path: Path) -> None:
    same, _, _ = trained(tmp_path / "a", "model=node2vec", "model.p=1", "model.q=1", *SMOKE)
    plain, _, _ = trained(tmp_path / "b", "model=deepwalk", *SMOKE)
    other, _, _ = trained(tmp_path / "c", "model=deepwalk", "model.q=2", *SMOKE)
    assert isinstance(same, Embedding)
    assert isinstance(plain, Embedding)
    assert isinstance(other, Embedding)
    assert torch.equal(same.source, plain.source)
    assert not torch.equal(other.source, plain.source)
    assert [one.method for one in (same, plain, other)] == ["deepwalk", "deepwalk", "node2vec"]


def test_blocks_can_be_given(tmp_path: Path) -> None:
    scorer, _, _ = trained(tmp_path, "model=dcsbm", "model.num_blocks=5")
    assert isinstance(scorer, BlockModel)
    assert scorer.rates.shape == (5, 5)
    assert scorer.method == "dcsbm-5"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model=l3", "model.rule=jaccard"], r"model\.rule=jaccard: choose one of preferential"),
        (["model=dcsbm", "model.num_blocks=0"], r"model\.num_blocks=0: must be 1 or more"),
        (["model=dcsbm", "model.num_blocks=213"], r"model\.num_blocks=213: the graph has 213"),
        (["model=deepwalk", "model.window=0"], r"model\.window=0: must be 1 or more"),
        (["model=deepwalk", "model.window=11"], r"model\.window=11: .* choose 1 to 10"),
        (["model=deepwalk", "model.learning_rate=0"], r"model\.learning_rate=0"),
        (["model=deepwalk", "model.p=0"], r"model\.p=0: must lie between 1e-06 and 1e\+06; 1 is"),
        (["model=node2vec", "model.q=-1"], r"model\.q=-1: must lie between 1e-06 and 1e\+06"),
        (["model=node2vec", "model.q=1e7"], r"model\.q=10000000.0: must lie between 1e-06 and"),
        (["model=node2vec", "model.p=nan"], r"model\.p=nan: must be a finite number"),
        (["model=node2vec", "model.p=true"], r"model\.p=True: must be a number"),
        (["model=deepwalk", "latent_dim=213"], r"latent_dim=213: the graph has 213 neurons"),
        (["model=factor", "model.encoder=gat"], r"model\.encoder=gat: choose one of gcn, linear"),
        (["model=factor", "model.l2=-1"], r"model\.l2=-1.*: must be 0 or more"),
        (["benchmark=full", "benchmark.negatives=[easy]"], r"benchmark\.negatives=easy: choose"),
        (["benchmark=full", "benchmark.negatives=hard"], r"benchmark\.negatives=hard: give a li"),
        (["benchmark=full", "benchmark.scores=[mlp]"], r"benchmark\.scores=mlp: choose among"),
        (["benchmark=full", "benchmark.max_sources=0"], r"benchmark\.max_sources=0: must be"),
    ],
)
def test_bad_options_are_refused(tmp_path: Path, overrides: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        trained(tmp_path, "trainer=smoke", *overrides)


@pytest.mark.parametrize(
    "model", ["gae", "factor", "spectral", "l3", "dcsbm", "deepwalk", "node2vec"]
)
def test_methods_that_are_not_inductive_say_so(tmp_path: Path, model: str) -> None:
    with pytest.raises(NotApplicableError, match="learns nothing of a neuron without training"):
        trained(tmp_path, f"model={model}", "split.protocol=neuron", "trainer=smoke")


def test_features_make_an_autoencoder_inductive(tmp_path: Path, planetoid_folder: Path) -> None:
    data = ["data=planetoid", f"data.root={planetoid_folder}", "split.protocol=neuron"]
    _, datamodule, metrics = trained(
        tmp_path, *data, "model=linear_gae", "latent_dim=16", "trainer.max_epochs=5"
    )
    seen = datamodule.graph.edge_index.unique()
    assert not torch.isin(datamodule.split.test, seen).all(dim=0).any()
    assert metrics["test/auc"] > 0.65  # of papers without a single known citation
