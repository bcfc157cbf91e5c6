"""Options that mean nothing are refused in one line, before data are read; folders keep theirs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hydra.core.hydra_config import HydraConfig

from connectome.cli.jobs import evaluate, train
from connectome.config import load_config
from connectome.errors import clear_errors
from connectome.runs import METRICS, STATUS, RunFolder, load_json, save_json
from connectome.types import InputError

Run = Callable[..., float]
QUICK = ("trainer.max_epochs=2", "logger=none", "callbacks.progress=null", "name=test")
NO_DATA = ("data=table", "data.edges=/no/such/edges.csv")


class RefusedError(Exception):
    """The line with which train.py would have ended."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """train.py in this process, in the folder ``run`` unless told otherwise."""
    monkeypatch.chdir(tmp_path)
    assert not HydraConfig.initialized()

    def started(*words: str) -> float:
        monkeypatch.setattr("sys.argv", ["train.py", *words])
        try:
            with clear_errors():
                config = load_config(["run_dir=run", *QUICK, *words])
                return train.train(config)
        except SystemExit as ended:
            [line] = capsys.readouterr().err.splitlines()
            raise RefusedError(ended.code, line.removeprefix("error: ")) from ended

    return started


def refusal(run: Run, *words: str) -> str:
    with pytest.raises(RefusedError) as error:
        run(*words)
    code, line = error.value.args
    assert code == 2
    return str(line)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        # what names nothing
        (("+nope=1",), "nope: unknown option; --cfg job prints them all"),
        (("+seeed=1",), "seeed: unknown option (did you mean seed?); --cfg"),
        (("+split.nope=1",), "split.nope: unknown option; there are directed, protocol"),
        (("+split.sed=1",), "split.sed: unknown option (did you mean split.seed?)"),
        (("model=gae", "+model.hops=1"), "model.hops: unknown option; there are latent_dim"),
        (("+trainer.max_epoch=1",), "trainer.max_epoch: unknown option (did you mean trainer.max_"),
        (("+callbacks.best.nope=1",), "callbacks.best.nope: unknown option"),
        (("+logger.nope=1",), "logger.nope: unknown option; there are none"),
        (("hidden_dim=5",), "hidden_dim: unknown option (did you mean model.hidden_dim?)"),
        (
            ("model=directed_gae", "model.hops=1"),
            "model.hops: unknown option (did you mean model.network",
        ),
        (
            ("model=gae", "model.network.hidden_dim=5"),
            "model.network.hidden_dim: unknown option (did",
        ),
        (("callbacks.best.save_top=1",), "callbacks.best.save_top: unknown option; --cfg"),
        (("datamodule.split.seed=3",), "datamodule.split.seed: stands for split.seed; set split"),
        (("datamodule.steps_per_epoch=3",), "datamodule.steps_per_epoch=3: stands for steps_per"),
        # parts that are taken out, or are no description of anything
        (("split=null",), "split=null: names nothing to build; set split.KEY=VALUE"),
        (("++split=5",), "split=5: names nothing to build"),
        (("~split",), "split: is needed, and was taken out; leave ~split off"),
        (("++datamodule=null",), "datamodule=null: names nothing to build"),
        (("model=null",), "model=null: choose one of adamic_adar, "),
        (("data=5",), "data=5: choose one of banc, "),
        (("trainer=null",), "trainer=null: choose one of cpu, ddp, gpu, smoke"),
        (("callbacks=null",), "callbacks=null: choose one of default, whole"),
        (("benchmark=null",), "benchmark=null: choose one of full, none"),
        (("batch=5",), "batch=5: choose one of edges, full"),
        (("search=5",), "search=5: choose one of default"),
        (("+callbacks.mine=5",), "callbacks.mine=5: names nothing to build"),
        (("+batch.edges=5",), "batch={}: names nothing to build; batch=NAME"),
        (("~model.latent_dim",), "model.latent_dim: has no default; set model.latent_dim=VALUE"),
        (("model._target_=nope.Model",), "model._target_=nope.Model: cannot be imported (No mo"),
        (
            ("+callbacks.mine._target_=builtins.dict",),
            "callbacks.mine._target_=builtins.dict: makes a dict, where a Callback is needed",
        ),
        # values of another type
        (("batch=edges", "batch.fanouts=5"), "batch.fanouts=5: must be list of int"),
        (("benchmark.negatives=5",), "benchmark.negatives=5: must be list of str or str"),
        (("trainer.max_epochs=1.5",), "trainer.max_epochs=1.5: must be int or null"),
        (("trainer.deterministic=maybe",), "trainer.deterministic=maybe: must be bool or warn"),
        (("+trainer.gradient_clip_val=a",), "trainer.gradient_clip_val=a: must be "),
        (("data.side={1: 2}", "data=mushroom_body"), "data.side={1: 2}: must be str"),
        # numbers out of range
        (("model.hidden_dim=100000000000000000000",), "model.hidden_dim=100000000000000000000: mu"),
        (("seed=100000000000000000000",), "model.seed=100000000000000000000: must lie between -2^"),
        (("seed=-1",), "model.seed=-1: must be 0 or more"),
        (("model=dcsbm", "seed=4294967296"), "model.seed=4294967296: k-means takes seeds below"),
        (("trial=-1",), "trial=-1: is for the jobs of a search; leave it out"),
        (("trial=3",), "trial=3: is for the jobs of a search; leave it out"),
        # what Lightning would not heed, or not forgive
        (("+trainer.plugins=5",), "trainer.plugins=5: would not be heeded"),
        (("+trainer.logger=true",), "trainer.logger=True: would not be heeded, since the program"),
        (("+trainer.callbacks=[]",), "trainer.callbacks=[]: would not be heeded"),
        (("+trainer.enable_progress_bar=true",), "trainer.enable_progress_bar=True: would not"),
        (("+trainer.fast_dev_run=true",), "trainer.fast_dev_run=True: would not be heeded, since"),
        (("+trainer.limit_val_batches=0",), "trainer.limit_val_batches=0: must be more than 0"),
        (("+trainer.limit_train_batches=0",), "trainer.limit_train_batches=0: must be more than"),
        (("+trainer.accumulate_grad_batches=0",), "trainer.accumulate_grad_batches=0: must be mo"),
        (("+trainer.max_steps=0",), "trainer.max_steps=0: must be at least 1, or -1 for no limit"),
        (("trainer.max_epochs=0",), "trainer.max_epochs=0: must be more than 0"),
        (("model=l3", "trainer.num_nodes=0"), "trainer.num_nodes=0: must be more than 0"),
        (("trainer.max_epochs=-1",), "trainer.max_epochs=-1: must be more than 0"),
        (("+trainer.max_time=soon",), "trainer: `Timer(duration='soon')` is not a valid duration"),
        (("+trainer.max_time=[1]",), "trainer.max_time=[1]: must be str or timedelta or {...} or"),
        (("trainer.accelerator=tpu",), "trainer.accelerator=tpu: "),
        (("trainer.num_nodes=2",), "trainer.num_nodes=2: this process was started on one machine"),
        (("callbacks.early_stopping.mode=up",), "callbacks.early_stopping: `mode` can be min, max"),
        (("callbacks.best.mode=up",), "callbacks.best: `mode` can be min, max but got up"),
        (("callbacks.early_stopping.patience=-1",), "callbacks.early_stopping.patience=-1: must b"),
        (("+callbacks.early_stopping.min_delta=nan",), "callbacks.early_stopping.min_delta=nan: m"),
        (
            ("+callbacks.early_stopping.stopping_threshold=inf",),
            "callbacks.early_stopping.stopping_threshold=inf: must be a finite number",
        ),
        (("+trainer.gradient_clip_val=nan",), "trainer.gradient_clip_val=nan: must be a number"),
        (
            ("+callbacks.x._target_=pytorch_lightning.callbacks.Timer",),
            "callbacks: Timer is there twice; change the one",
        ),
        (("callbacks.best=null",), "callbacks.best: nothing would write "),
        (("callbacks.best.filename=other",), "callbacks.best: nothing would write "),
        (("+callbacks.best.save_top_k=-1",), "callbacks.best.save_top_k=-1: must be 1, since "),
        # places
        (("output_root=",), "output_root='': is empty; set output_root=. for this folder"),
        (("name=",), "name='': is empty; set name=STUDY"),
        (("run_dir=",), "run_dir='': is empty; give run_dir=FOLDER"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_means_nothing_is_refused_before_data_are_read(
    run: Run, words: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MASTER_ADDR", "SLURM_JOB_ID", "LSB_JOBID", "OMPI_COMM_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    data = () if any(word.startswith(("data=", "data.")) for word in words) else NO_DATA
    assert refusal(run, *data, *words).startswith(message)


def test_the_data_are_read_when_the_options_are_right(run: Run) -> None:
    assert refusal(run, *NO_DATA).startswith("/no/such/edges.csv: no such file")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("callbacks.best.monitor=val/nope",), "trainer, callbacks: `ModelCheckpoint(monitor='va"),
        (("callbacks.early_stopping.monitor=val/nope",), "callbacks.early_stopping: Early stoppi"),
        (("+trainer.check_val_every_n_epoch=5",), " was not written, since no epoch ended with a"),
        (("model.hidden_dim=1000000000000",), "model.hidden_dim=1000000000000: must be"),
    ],
)
def test_what_shows_while_training_takes_one_line(
    run: Run, words: tuple[str, ...], message: str
) -> None:
    assert message in refusal(run, *words)


def test_a_patience_of_none_stops_after_the_first_epoch_in_vain(run: Run) -> None:
    words = ("callbacks.early_stopping.patience=0", "trainer.max_epochs=30")
    run(*words, "+callbacks.early_stopping.min_delta=1")
    best = load_json(Path("run") / METRICS)["val/auc"]
    assert 0.5 < best < 1


def test_a_launcher_on_several_machines_is_let_through(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MASTER_ADDR", "node01")
    assert "no such file" in refusal(run, *NO_DATA, "trainer.num_nodes=2")


def test_a_time_limit_ends_training_and_the_run_is_tested(run: Run) -> None:
    endless = ("trainer.max_epochs=1000000", "callbacks.early_stopping=null")
    run("model=gae", *endless, "+trainer.max_time=00:00:00:01")
    metrics = load_json(Path("run") / METRICS)
    assert 1 <= metrics["seconds"] < 20
    assert "test/auc" in metrics


def test_a_folder_of_other_options_is_refused(run: Run) -> None:
    run("model=gae")
    before = load_json(Path("run") / STATUS)
    said = refusal(run, "model=spectral")
    assert said.startswith("run: holds a run with other options (model._target_=connectome.train")
    assert "here connectome.training.modules.spectral.SpectralModule; " in said
    assert said.endswith("or move that one away")
    for word in ("seed=1", "split.test_fraction=0.2", "callbacks.best.mode=min", "test=false"):
        extra = ("split.seed=100",) if word == "test=false" else ()
        assert "holds a run with other options" in refusal(run, "model=gae", word, *extra)
    after = load_json(Path("run") / STATUS)
    assert (after["identity"], after["state"]) == (before["identity"], "complete")
    assert load_json(Path("run") / METRICS)["method"] == "gae"
    run("model=gae", "logger=csv", "output_root=elsewhere")


def test_a_wrong_option_of_a_complete_run_is_not_overlooked(run: Run) -> None:
    run("model=gae")
    assert "callbacks.best" in refusal(run, "model=gae", "callbacks.best=null")
    assert load_json(Path("run") / STATUS)["state"] == "complete"


def test_an_interrupted_run_is_not_resumed_with_other_options(run: Run) -> None:
    run("model=gae")
    path = Path("run") / STATUS
    save_json(path, load_json(path) | {"state": "interrupted"})
    assert "(model.learning_rate=0.01, here 0.02)" in refusal(
        run, "model=gae", "model.learning_rate=0.02"
    )
    path.unlink()  # then the checkpoint says what made it
    said = refusal(run, "model=gae", "model.learning_rate=0.02")
    assert "last.ckpt: holds a run with other options (model.learning_rate=0.01, here 0.02)" in said


def test_what_left_nothing_may_be_begun_anew_with_other_options(run: Run) -> None:
    assert "latent_dim=500" in refusal(run, "model=gae", "latent_dim=500")
    run("model=gae")
    assert load_json(Path("run") / STATUS)["identity"]["latent_dim"] == 2


def test_a_failure_does_not_rewrite_what_a_complete_run_was_made_of(tmp_path: Path) -> None:
    made = RunFolder(tmp_path, {}, {"seed": 0})
    made.write("running")
    made.write("complete")
    with pytest.raises(InputError), RunFolder(tmp_path, {}, {"seed": 1}).recording(False):
        raise InputError("a search of other settings")
    status = load_json(tmp_path / STATUS)
    assert (status["state"], status["identity"]) == ("complete", {"seed": 0})


def test_evaluation_knows_its_options(tmp_path: Path) -> None:
    config = load_config([f"runs={tmp_path}", "+tolerence=1"], "evaluate")
    with pytest.raises(InputError, match=r"^tolerence: unknown option \(did you mean tolerance"):
        evaluate.evaluate(config)
