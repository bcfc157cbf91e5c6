"""Two processes on one machine, without a GPU."""

import sys
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.splits import SplitConfig
from connectome.runs import load_json
from connectome.training.batching import EdgeBatches, LinkDataModule
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.training.modules.subgraph_steps import _loss, row_optimizers
from connectome.training.randomness import step_generator
from tests.programs import run_program


class RecordWeights(pl.Callback):
    """Writes the final weights of every rank, and the links that it trained on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_train_batch_start(
        self, trainer: pl.Trainer, module: pl.LightningModule, batch: object, index: int
    ) -> None:
        links = getattr(batch, "positives", None)  # mini-batches draw theirs
        torch.save(links, self.folder / f"links{trainer.global_rank}.pt")

    def on_train_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        weights = [parameter.detach().clone() for parameter in module.parameters()]
        torch.save(weights, self.folder / f"weights{trainer.global_rank}.pt")


def two_processes(folder: Path) -> pl.Trainer:
    """Forked where that is possible: a new process takes ten seconds to import what it needs."""
    return pl.Trainer(
        accelerator="cpu",
        devices=2,
        strategy="ddp_fork" if sys.platform == "linux" else "ddp_spawn",
        max_epochs=2,
        logger=False,
        callbacks=[RecordWeights(folder)],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


@pytest.mark.slow
def test_ranks_train_on_different_links_and_end_with_the_same_weights(tmp_path: Path) -> None:
    data = LinkDataModule(read_mushroom_body(), SplitConfig(), steps_per_epoch=10)
    trainer = two_processes(tmp_path)
    trainer.fit(AutoencoderModule(2, variational=True), data)
    first, second = (torch.load(tmp_path / f"weights{rank}.pt") for rank in (0, 1))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    shares = [torch.load(tmp_path / f"links{rank}.pt") for rank in (0, 1)]
    assert abs(shares[0].shape[1] - shares[1].shape[1]) <= 1
    together = {tuple(pair) for share in shares for pair in share.T.tolist()}
    assert together == {tuple(pair) for pair in data.split.train.T.tolist()}


def two_processes_in_turn(module: AutoencoderModule, data: LinkDataModule, steps: int) -> None:
    """What two processes shall do, in one: each its own draw, then the mean of the gradients."""
    module.build(data.graph)
    network, batch = module.network, data.batch
    assert network is not None
    assert batch is not None
    optimizers = row_optimizers(network, data.graph, module.learning_rate)
    sources = [batch.source(data.graph, data.split, 1, rank, 2) for rank in range(2)]
    hops = 0 if module.encoder == "table" else 2
    for step in range(steps):
        for parameter in network.parameters():
            parameter.grad = None
        for rank, source in enumerate(sources):
            generator = step_generator(module.seed, step, rank, "cpu")
            draw = source.draw(step, module.seed, hops, generator)
            loss, _ = _loss(module, network, source, draw, generator)
            (loss / 2).backward()
        for optimizer in optimizers:
            optimizer.step()


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["gcn", "table"])
def test_mini_batches_of_two_processes_are_averaged(tmp_path: Path, encoder: str) -> None:
    batch = EdgeBatches(500, (5, 5))
    data = LinkDataModule(read_mushroom_body(), SplitConfig(), steps_per_epoch=3, batch=batch)
    trainer = two_processes(tmp_path)
    options = {"encoder": encoder, "biases": encoder == "table"}
    trainer.fit(AutoencoderModule(2, variational=False, **options), data)
    first, second = (torch.load(tmp_path / f"weights{rank}.pt") for rank in (0, 1))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    expected = AutoencoderModule(2, variational=False, **options)
    two_processes_in_turn(expected, data, steps=6)
    for found, weights in zip(first, expected.parameters(), strict=True):
        torch.testing.assert_close(found, weights.detach(), rtol=1e-3, atol=1e-5)


TWO = ("trainer=ddp", "trainer.accelerator=cpu")
TEN_EPOCHS = ("logger=csv", "trainer.max_epochs=10", "~callbacks.progress")


@pytest.mark.slow
def test_train_with_two_processes_tests_on_one(tmp_path: Path) -> None:
    options = (*TWO, *TEN_EPOCHS, "trainer.strategy=ddp", "model=gae")
    done = run_program("train.py", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [run] = (tmp_path / "outputs" / "mushroom_body").iterdir()
    require_trained(run, tmp_path)


def require_trained(run: Path, folder: Path) -> None:
    assert load_json(run / "status.json")["state"] == "complete"
    assert load_json(run / "metrics.json")["test/auc"] > 0.85
    checked = run_program("evaluate.py", f"runs={run}", cwd=folder)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("options", [("trainer=ddp",), ("trainer.devices=2",)])
def test_script_launched_ddp_is_refused_in_a_sweep(tmp_path: Path, options: tuple[str]) -> None:
    done = run_program("train.py", "-m", *options, "model=gae,vgae", "logger=none", cwd=tmp_path)
    assert done.returncode == 1
    assert "2 of 2 jobs did not complete" in done.stderr
    assert "use trainer.strategy=ddp_spawn" in done.stderr


@pytest.mark.slow
def test_spawned_ddp_works_in_a_sweep(tmp_path: Path) -> None:
    options = (*TWO, *TEN_EPOCHS, "trainer.strategy=ddp_spawn", "model=gae,spectral")
    done = run_program("train.py", "-m", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    study = tmp_path / "outputs" / "mushroom_body"
    assert (study / "summary.csv").is_file()
    [run] = study.glob("gae-*")
    require_trained(run, tmp_path)


@pytest.mark.slow
def test_spectral_stays_on_one_device(tmp_path: Path) -> None:
    done = run_program("train.py", *TWO, "model=spectral", "logger=none", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
