"""The programs, run as a user runs them."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from connectome.runs import load_json, load_scorer
from tests.programs import ROOT, Program, run_program, start_program

QUICK = ("trainer.max_epochs=3", "~callbacks.progress")
# Long enough to be interrupted: no early stopping, 1,000 steps.
SLOW = (
    "model=vgae",
    "logger=none",
    "steps_per_epoch=50",
    "trainer.max_epochs=20",
    "callbacks.early_stopping.patience=1000",
    "~callbacks.progress",
)


def runs_in(folder: Path) -> dict[str, Path]:
    """Run folders by name without the hash."""
    found = sorted(path.parent for path in folder.rglob("status.json"))
    return {path.name.rsplit("-", 1)[0]: path for path in found}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess]:
    """Three models; latent_dim=999 fails for each of them. W&B is on, offline."""
    folder = tmp_path_factory.mktemp("sweep")
    models = ("-m", "model=vgae,gae,spectral", "latent_dim=2,999")
    return folder, run_program("train.py", *models, *QUICK, cwd=folder)


def test_failing_jobs_are_reported_and_the_others_finish(sweep) -> None:  # type: ignore[no-untyped-def]
    folder, done = sweep
    assert done.returncode == 1
    assert "3 of 6 jobs did not complete" in done.stderr
    assert "latent_dim=999: the graph has 213 neurons; choose between 1 and 212" in done.stderr
    summary = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert sum("latent_dim=999" in line for line in summary) == 1
    assert "error: 3 jobs, the first " in done.stderr
    runs = runs_in(folder)
    for model in ("vgae", "gae", "spectral"):
        assert load_json(runs[f"{model}-d02-seed0"] / "status.json")["state"] == "complete"
        failed = runs[f"{model}-d999-seed0"]
        assert load_json(failed / "status.json")["state"] == "failed"
        assert "latent_dim=999" in (failed / "train.log").read_text()


def test_each_run_leaves_its_artefacts(sweep) -> None:  # type: ignore[no-untyped-def]
    folder, _ = sweep
    for model in ("vgae", "gae", "spectral"):
        run = runs_in(folder)[f"{model}-d02-seed0"]
        files = ("config.yaml", "metrics.json", "embedding.npz", "split.npz", "train.log")
        for name in (*files, "checkpoints/best.ckpt", "checkpoints/last.ckpt"):
            assert (run / name).stat().st_size > 0, name
        typed = load_json(run / "status.json")["typed"]  # the same again repeats the run
        assert {f"model={model}", "latent_dim=2", *QUICK[:1]} <= {*typed}
        receipt = load_json(run / "receipt.json")
        assert (receipt["rows"], receipt["edges"]) == (7536, 7536)
        logged = (run / "train.log").read_text()
        assert "mushroom_body_right: what was read\n  from      mushroom_body.csv" in logged
        audit = load_json(run / "split_audit.json")
        assert audit["passed"] is True
        assert set(audit["leaks"].values()) == {0}
        embedding = load_scorer(run / "embedding.npz")
        assert embedding.neuron_ids[0].startswith("R-")
        assert embedding.data_fingerprint == audit["data_fingerprint"]
        assert list((run / "wandb").glob("offline-run-*/*.wandb"))


def test_every_job_has_a_wandb_run_of_its_own(sweep) -> None:  # type: ignore[no-untyped-def]
    folder, done = sweep
    runs = [path.name for path in folder.rglob("offline-run-*")]
    assert len(set(runs)) == len(runs) == 7  # six jobs, failed ones too, and the summary
    assert "wandb.ai" not in done.stdout  # nothing was sent or asked
    complete = [path.parent for path in folder.rglob("metrics.json")]
    for run in complete:
        [record] = run.rglob("run-*.wandb")
        assert f"embedding-{run.name}".encode() in record.read_bytes()


def test_sweep_leaves_table_and_figures(sweep) -> None:  # type: ignore[no-untyped-def]
    folder, done = sweep
    summary = folder / "outputs" / "mushroom_body"
    table = pd.read_csv(summary / "summary.csv")
    assert table["model"].tolist() == ["gae", "spectral", "vgae"]
    assert (table["test/auc_mean"] > 0.8).all()
    for name in ("latent_dims.png", "latent_dims.svg", "summary.csv"):
        assert (summary / name).is_file()
        assert f"outputs/mushroom_body/{name}" in done.stdout


def test_evaluate_agrees_with_training(sweep) -> None:  # type: ignore[no-untyped-def]
    folder, _ = sweep
    done = run_program("evaluate.py", "runs=outputs/mushroom_body", "out=check", cwd=folder)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(folder / "check" / "evaluation.csv")
    assert len(table) == 6  # three methods, from embedding and from checkpoint
    assert table["difference"].max() < 1e-6
    assert (folder / "check" / "latent_dims.png").is_file()


def test_repeated_sweep_skips_what_is_complete(sweep) -> None:  # type: ignore[no-untyped-def]
    folder, _ = sweep
    run = runs_in(folder)["gae-d02-seed0"]
    before = (run / "embedding.npz").stat().st_mtime_ns
    again = run_program("train.py", "-m", "model=gae", *QUICK, "latent_dim=2", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert "is complete: skipped" in again.stdout
    assert (run / "embedding.npz").stat().st_mtime_ns == before


def test_checkpoint_alone_is_enough_and_damage_is_noticed(sweep, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder, _ = sweep
    run = runs_in(folder)["spectral-d02-seed0"]
    metrics = load_json(run / "metrics.json")
    copy = tmp_path / "mine.ckpt"
    copy.write_bytes((run / "checkpoints" / "best.ckpt").read_bytes())
    done = run_program("evaluate.py", "runs=mine.ckpt", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "evaluation" / "evaluation.csv")
    assert table["auc"][0] == pytest.approx(metrics["test/auc"], abs=1e-6)

    other = run_program("evaluate.py", "runs=mine.ckpt", "+data.side=left", cwd=tmp_path)
    assert other.returncode == 2
    assert "mine.ckpt: made from another data set" in other.stderr
    assert len(other.stderr.strip().splitlines()) == 1

    other = run_program("evaluate.py", "runs=mine.ckpt", "+data.archive=a.zip", cwd=tmp_path)
    assert other.returncode == 2
    assert "error: +data.archive: mine.ckpt was trained on" in other.stderr
    assert "whose options are side" in other.stderr

    copy.write_bytes(copy.read_bytes()[:2000])
    nowhere = run_program("evaluate.py", "runs=", cwd=tmp_path)
    assert (nowhere.returncode, nowhere.stderr.count("\n")) == (2, 1)
    assert not list(tmp_path.glob("*.log"))
    broken = run_program("evaluate.py", "runs=mine.ckpt", cwd=tmp_path)
    assert broken.returncode == 2
    assert "mine.ckpt: corrupt or not a checkpoint" in broken.stderr
    assert len(broken.stderr.strip().splitlines()) == 1


def test_changed_metrics_are_noticed(sweep) -> None:  # type: ignore[no-untyped-def]
    folder, _ = sweep
    run = runs_in(folder)["vgae-d02-seed0"]
    before = (run / "metrics.json").read_bytes()
    try:
        (run / "metrics.json").write_text(json.dumps(json.loads(before) | {"test/auc": 0.99}))
        done = run_program("evaluate.py", f"runs={run}", "out=check2", cwd=folder)
    finally:
        (run / "metrics.json").write_bytes(before)
    assert done.returncode == 2
    assert "metrics.json: not what training wrote" in done.stderr


def test_same_seed_twice_gives_identical_metrics(tmp_path: Path) -> None:
    metrics = []
    for root in ("a", "b"):
        options = ("model=vgae", "logger=none", f"output_root={root}", *QUICK)
        assert run_program("train.py", *options, cwd=tmp_path).returncode == 0
        [run] = runs_in(tmp_path / root).values()
        values = load_json(run / "metrics.json")
        metrics.append({key: value for key, value in values.items() if key != "seconds"})
    assert metrics[0] == metrics[1]


def start(folder: Path, *arguments: str) -> "Program | subprocess.Popen[bytes]":
    """Start a slow program and wait until it has a checkpoint to resume from."""
    log = folder / "log.txt"
    with log.open("wb") as file:
        process = start_program("train.py", *arguments, cwd=folder, out=file, err=file)
    deadline = time.monotonic() + 120
    while not list(folder.rglob("last.ckpt")):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


def run_in(folder: Path) -> Path:
    [run] = runs_in(folder).values()
    return run


def final_weights(run: Path) -> dict[str, torch.Tensor]:
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    assert checkpoint["global_step"] == 1000
    return checkpoint["state_dict"]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    assert run_program("train.py", *SLOW, cwd=folder).returncode == 0
    return run_in(folder)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run was killed, for tests to copy."""
    folder = tmp_path_factory.mktemp("killed")
    stopped(folder, signal.SIGKILL, -9, "running")
    return folder


def stopped(folder: Path, stop: signal.Signals, status: int, state: str) -> Path:
    """A run that was stopped after its first checkpoint."""
    process = start(folder, *SLOW)
    process.send_signal(stop)
    assert process.wait(timeout=60) == status
    run = run_in(folder)
    assert load_json(run / "status.json")["state"] == state
    stopped_at = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]
    assert 0 < stopped_at < 1000
    return run


def require_resumed(run: Path, said: subprocess.CompletedProcess[str], uninterrupted: Path) -> None:
    assert said.returncode == 0, said.stderr
    assert "Resuming from" in said.stdout
    expected, found = final_weights(uninterrupted), final_weights(run)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    metrics = [load_json(path / "metrics.json") for path in (uninterrupted, run)]
    assert metrics[0]["test/auc"] == metrics[1]["test/auc"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stop", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 1)], ids=["term", "int"]
)
def test_stopped_run_resumes_to_the_same_weights(
    tmp_path: Path, uninterrupted: Path, stop: signal.Signals, status: int
) -> None:
    run = stopped(tmp_path, stop, status, "interrupted")
    said = run_program("train.py", *SLOW, cwd=tmp_path)
    require_resumed(run, said, uninterrupted)


@pytest.mark.slow
def test_killed_run_resumes_elsewhere_with_its_best_score(
    tmp_path: Path, uninterrupted: Path, killed: Path
) -> None:
    shutil.copytree(killed / "outputs", tmp_path / "moved")
    said = run_program("train.py", *SLOW, "output_root=moved", cwd=tmp_path)
    require_resumed(run_in(tmp_path), said, uninterrupted)


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true"])
def test_metrics_of_other_precisions_are_those_of_the_saved_embedding(
    tmp_path: Path, precision: str
) -> None:
    options = ("model=vgae", "logger=none", f"trainer.precision={precision}", *QUICK)
    done = run_program("train.py", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    checked = run_program("evaluate.py", "runs=outputs", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_lost_embedding_is_made_again(tmp_path: Path) -> None:
    options = ("model=gae", "logger=none", *QUICK)
    assert run_program("train.py", *options, cwd=tmp_path).returncode == 0
    [run] = runs_in(tmp_path).values()
    (run / "embedding.npz").write_bytes(b"broken")
    broken = run_program("evaluate.py", "runs=outputs", cwd=tmp_path)
    assert broken.returncode == 2
    assert "embedding.npz: not what training wrote" in broken.stderr
    assert broken.stderr.count(str(run.relative_to(tmp_path))) == 1
    (run / "embedding.npz").unlink()
    table = tmp_path / "outputs" / "evaluation" / "evaluation.csv"
    table.write_text("of an earlier evaluation")
    lost = run_program("evaluate.py", "runs=outputs", cwd=tmp_path)
    assert lost.returncode == 2
    assert table.read_text() == "of an earlier evaluation"
    assert "not written, since nothing was recomputed" in lost.stderr
    assert lost.stderr.count(str(run.relative_to(tmp_path))) == 1
    assert "this run has lost its embedding.npz" in lost.stderr
    assert "repeat the train.py command" in lost.stderr
    assert run_program("train.py", *options, cwd=tmp_path).returncode == 0
    assert run_program("evaluate.py", "runs=outputs", cwd=tmp_path).returncode == 0


@pytest.mark.slow
def test_damaged_last_checkpoint_is_named(tmp_path: Path, killed: Path) -> None:
    shutil.copytree(killed / "outputs", tmp_path / "outputs")
    last = run_in(tmp_path) / "checkpoints" / "last.ckpt"
    last.write_bytes(last.read_bytes()[:3000])
    done = run_program("train.py", *SLOW, cwd=tmp_path)
    assert done.returncode == 2
    assert "last.ckpt: corrupt or not a checkpoint" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("latent_dim=213",), "error: latent_dim=213: the graph has 213 neurons"),
        (("data.side=top",), "error: data.side=top: choose one of left, right"),
        (("data=table", "data.edges=no.csv"), "error: no.csv: no such file"),
        (
            ("features=degrees",),
            "error: features: Invalid value assigned: str is no list;",
        ),
        (
            ("model=directed_gae", "model.decoder=distanc"),
            "error: model.decoder=distanc: choose one of inner_product, distance, gravity",
        ),
        (("trainer.precision=17",), "error: trainer.precision=17: must be 64 or 32 or 16 or"),
        (("model.learning_rate=1e9",), "error: link scores are NaN or infinite"),
    ],
)
def test_bad_input_gets_one_line_and_exit_2(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = run_program("train.py", "logger=none", *QUICK, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert line.startswith(message)
    assert "Traceback" not in done.stderr


def test_describe_for_people_and_machines(tmp_path: Path) -> None:
    def describe(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_program("-m", "connectome", "describe", *arguments, cwd=tmp_path)

    facts = json.loads(describe("data.side=left", "--json").stdout)
    assert (facts["neurons"], facts["edges"]) == (209, 7425)
    assert "7,536" in describe().stdout
    wrong = describe("model=gae")
    assert wrong.returncode == 2
    assert "describe takes data=NAME" in wrong.stderr


def test_own_edge_list_through_the_whole_program(tmp_path: Path) -> None:
    source = pd.read_csv(ROOT / "connectome" / "data" / "assets" / "mushroom_body.csv")
    source.rename(columns={"pre": "from", "post": "to"}).to_csv(tmp_path / "mine.csv", index=False)
    options = ("data=table", "data.edges=mine.csv", "data.pre=from", "data.post=to")
    done = run_program("train.py", *options, "model=spectral", "logger=none", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [run] = runs_in(tmp_path).values()
    assert len(load_scorer(run / "embedding.npz").neuron_ids) == 422
    assert not (tmp_path / "outputs" / "mushroom_body").exists()


def test_other_data_under_the_same_name_is_refused(tmp_path: Path) -> None:
    edges = tmp_path / "mine.csv"
    text = (ROOT / "connectome" / "data" / "assets" / "mushroom_body.csv").read_text()
    edges.write_text(text)
    options = ("data=table", "data.edges=mine.csv", "model=spectral", "logger=none")
    assert run_program("train.py", *options, cwd=tmp_path).returncode == 0
    edges.write_text(text.replace("L-K-001,L-K-002,4\n", ""))
    done = run_program("train.py", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert "holds a run on another version of the data" in done.stderr


BOARD = ("-m", "experiment=leaderboard", "logger=none", "trainer=smoke")
ONE_BY_ONE = "hydra.launcher.n_jobs=1"  # in one process: others take seconds to start


def test_leaderboard_in_parallel_and_again(tmp_path: Path) -> None:
    sweep = (*BOARD, "seed=0,1", "latent_dim=2,3", "model=preferential_attachment,spectral")
    # Workers of a parallel launcher find the command of the package, too.
    done = run_program("-m", "connectome", "train", *sweep, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "outputs" / "leaderboard_mushroom_body"
    table = pd.read_csv(folder / "leaderboard.csv")
    assert set(table["method"].str.removesuffix("+head")) == {
        "preferential_attachment",
        "spectral",
    }
    assert set(table["seeds"]) == {2}
    assert len(runs_in(folder)) == 2 + 4  # preferential attachment has no dimensions to sweep
    assert (folder / "negatives_reciprocal.png").is_file()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("scores.csv")}
    again = run_program("train.py", *sweep, ONE_BY_ONE, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("scores.csv")} == before


def test_methods_that_do_not_apply_are_left_out(tmp_path: Path) -> None:
    few = ("seed=0", "latent_dim=2", "model=l3", "split.protocol=neuron,reciprocal")
    sweep = (*BOARD, ONE_BY_ONE, *few)
    done = run_program("train.py", *sweep, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "left out: l3-seed0" in done.stderr
    assert "learns nothing of a neuron" in done.stderr
    alone = run_program("train.py", *sweep[:-1], "split.protocol=neuron", cwd=tmp_path)
    assert alone.returncode == 1
    assert "error: none of 1 jobs applies to the data" in alone.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stop", "status"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)], ids=["term", "kill"]
)
def test_stopped_leaderboard_leaves_no_process_behind(
    tmp_path: Path, stop: signal.Signals, status: int
) -> None:
    options = [option for option in SLOW if not option.startswith("~")]  # it has no progress bar
    sweep = ("-m", "experiment=leaderboard", *options, "latent_dim=2", "seed=0,1,2,3")
    process = start(tmp_path, *sweep)
    process.send_signal(stop)
    assert process.wait(60) == status
    for _ in range(100):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGKILL)
    pytest.fail("a worker outlived the program")


def test_leakage_of_every_protocol(tmp_path: Path) -> None:
    done = run_program("-m", "connectome", "leakage", "split.directed=true", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the reverse exists" in done.stdout
    assert "left out: mushroom_body_right: the neuron table has no column 'pair_id'" in done.stderr
