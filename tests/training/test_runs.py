import errno
import logging
import platform
from contextlib import nullcontext
from pathlib import Path

import pytest
from filelock import FileLock, Timeout
from pytorch_lightning.utilities.exceptions import SIGTERMException

from connectome.runs import RunFolder, load_json, save_json
from connectome.types import InputError, NotApplicableError
from tests.data.test_writing import dead_pid, part

METRICS = {"method": "gae", "val/auc": 0.5}
HERE = {"data_fingerprint": "a", "split_fingerprint": "s"}


def folder(path: Path) -> RunFolder:
    return RunFolder(path, {"seed": 0}, {"seed": 0})


def state(path: Path) -> str:
    return str(load_json(path / "status.json")["state"])


def write_artefacts(path: Path) -> None:
    """What a run leaves beside its configuration and its status."""
    for name in ("embedding.npz", "split.npz", "split_audit.json", "checkpoints/best.ckpt"):
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(name)
    save_json(path / "metrics.json", METRICS)


def test_complete_only_for_the_same_data(tmp_path: Path) -> None:
    run = folder(tmp_path)
    assert run.completed(HERE, None) is None
    run.write("running", data_fingerprint="a")
    assert run.completed(HERE, None) is None
    run.write("complete")
    assert run.completed(HERE, None) is None  # everything is missing
    write_artefacts(tmp_path)
    run.write_complete(None)
    assert run.completed(HERE, None) == METRICS
    with pytest.raises(InputError, match=r"holds a run on another version of the data.*name="):
        run.completed({"data_fingerprint": "b"}, None)


def test_complete_only_with_the_scores_that_are_wanted(tmp_path: Path) -> None:
    run = folder(tmp_path)
    write_artefacts(tmp_path)
    run.write("running")
    run.write_complete(None)
    wanted = {"negatives": ["uniform"]}
    assert run.completed(HERE, None) is not None
    assert run.completed(HERE, wanted) is None
    for name in ("scores.csv", "calibration.csv"):
        (tmp_path / name).write_text("some")
    run.write_complete(wanted)
    assert run.completed(HERE, wanted) is not None
    assert run.completed(HERE, {"negatives": ["uniform", "hard"]}) is None
    run.write_complete(None)  # asked for without a benchmark: what it left still counts
    assert run.completed(HERE, wanted) is not None
    (tmp_path / "scores.csv").write_text("som")
    assert run.completed(HERE, wanted) is None


def test_another_split_of_the_same_data_is_refused(tmp_path: Path) -> None:
    run = folder(tmp_path)
    run.write("running", **HERE)
    with pytest.raises(InputError, match="split_fingerprint s, now t"):
        run.completed(HERE | {"split_fingerprint": "t"}, None)


def test_a_complete_run_outlives_a_failure_before_it_is_taken_up(tmp_path: Path) -> None:
    run = folder(tmp_path)
    run.write("complete")
    with pytest.raises(InputError), run.recording(in_sweep=False):
        raise InputError("negatives=reversed: not here")
    status = load_json(tmp_path / "status.json")
    assert (status["state"], "not here" in status["error"]) == ("complete", True)
    run.write("running")
    assert "error" not in load_json(tmp_path / "status.json")
    with pytest.raises(InputError), run.recording(in_sweep=False):
        raise InputError("diverged")
    assert state(tmp_path) == "failed"


@pytest.mark.parametrize("in_sweep", [True, False])
def test_a_method_that_does_not_apply_is_no_failure(tmp_path: Path, in_sweep: bool) -> None:
    raised = nullcontext() if in_sweep else pytest.raises(NotApplicableError)
    with raised, folder(tmp_path).recording(in_sweep):
        raise NotApplicableError("not inductive")
    assert state(tmp_path) == "not applicable"
    assert load_json(tmp_path / "status.json")["error"] == "not inductive"


def test_two_processes_do_not_share_a_folder(tmp_path: Path) -> None:
    with folder(tmp_path).locked(), pytest.raises(Timeout):
        FileLock(tmp_path / ".lock", timeout=0).acquire()
    FileLock(tmp_path / ".lock", timeout=0).acquire()


def test_failure_in_a_sweep_is_recorded_and_swallowed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), folder(tmp_path).recording(in_sweep=True):
        raise RuntimeError("boom")
    assert state(tmp_path) == "failed"
    assert load_json(tmp_path / "status.json")["error"] == "RuntimeError: boom"
    assert "Traceback" in caplog.text  # a defect: its traceback belongs in the log


def test_failure_outside_a_sweep_is_recorded_and_raised(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), folder(tmp_path).recording(in_sweep=False):
        raise RuntimeError("boom")
    assert state(tmp_path) == "failed"


@pytest.mark.parametrize("in_sweep", [True, False])
def test_sigterm_exits_with_143(tmp_path: Path, in_sweep: bool) -> None:
    with pytest.raises(SystemExit) as exit_info, folder(tmp_path).recording(in_sweep):
        raise SIGTERMException
    assert exit_info.value.code == 143
    assert state(tmp_path) == "interrupted"


def test_ctrl_c_ends_a_sweep(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), folder(tmp_path).recording(in_sweep=True):
        raise KeyboardInterrupt
    assert state(tmp_path) == "interrupted"


def test_a_new_start_forgets_the_old_error(tmp_path: Path) -> None:
    run = folder(tmp_path)
    run.write("failed", error="x")
    run.write("running")
    assert "error" not in load_json(tmp_path / "status.json")


def test_without_the_best_checkpoint_a_run_starts_anew(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "last.ckpt").touch()
    assert folder(tmp_path).last_checkpoint is None
    (tmp_path / "checkpoints" / "best.ckpt").touch()
    assert folder(tmp_path).last_checkpoint is not None


@pytest.mark.parametrize("text", ["[]", "{}", "nonsense"])
def test_damaged_status_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "status.json").write_text(text)
    with pytest.raises(InputError, match=r"status\.json: "):
        folder(tmp_path).completed(HERE, None)


def full_disk(path: Path, *_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


def test_a_full_disk_fails_one_job_and_the_sweep_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with folder(tmp_path).recording(in_sweep=True):
        full_disk(tmp_path / "split.npz")
    status = load_json(tmp_path / "status.json")
    assert (status["state"], "split.npz" in status["error"]) == ("failed", True)
    assert "Traceback" not in caplog.text
    assert "split.npz" in caplog.text


def test_a_sweep_stops_where_not_even_that_can_be_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectome.runs.folder.save_json", full_disk)
    with (
        pytest.raises(InputError, match=r"split\.npz.*status\.json.*the sweep stops") as caught,
        folder(tmp_path).recording(in_sweep=True),
    ):
        full_disk(tmp_path / "split.npz")
    assert "\n" not in str(caught.value)


def test_a_status_that_cannot_be_written_hides_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("connectome.runs.folder.save_json", full_disk)
    with (
        pytest.raises(OSError, match=r"split\.npz"),
        folder(tmp_path).recording(in_sweep=False),
    ):
        full_disk(tmp_path / "split.npz")
    assert "'failed' could not be recorded" in caplog.text


def test_the_configuration_is_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = folder(tmp_path)
    run.write("running")
    before = (tmp_path / "config.yaml").read_text()
    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(OSError, match=r"config\.yaml"):
        RunFolder(tmp_path, {"seed": 1}, {"seed": 1}).write("running")
    assert (tmp_path / "config.yaml").read_text() == before


def test_the_next_process_in_the_folder_clears_what_a_killed_one_left(tmp_path: Path) -> None:
    left = part(tmp_path / "checkpoints" / "best.ckpt", dead_pid(), platform.node())
    with folder(tmp_path).locked():
        assert not left.exists()


NEEDED = (
    "metrics.json",
    "config.yaml",
    "embedding.npz",
    "split.npz",
    "split_audit.json",
    "checkpoints/best.ckpt",
)


@pytest.mark.parametrize("name", NEEDED)
def test_a_complete_run_that_lost_a_file_is_made_again(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    run = folder(tmp_path)
    run.write("running")
    write_artefacts(tmp_path)
    run.write_complete(None)
    assert run.completed(HERE, None) == METRICS
    (tmp_path / name).unlink()
    assert run.completed(HERE, None) is None
    assert f"has lost its {name} and is made again" in caplog.text


@pytest.mark.parametrize("name", NEEDED)
def test_a_damaged_file_of_a_complete_run_is_named_and_its_remedy_works(
    tmp_path: Path, name: str
) -> None:
    run = folder(tmp_path)
    run.write("running")
    write_artefacts(tmp_path)
    run.write_complete(None)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-1])
    with pytest.raises(InputError, match=rf"{name}: damaged.*; delete it and repeat train\.py"):
        run.completed(HERE, None)
    (tmp_path / name).unlink()
    assert run.completed(HERE, None) is None  # so train.py goes on to make it
    run.write("running")
    write_artefacts(tmp_path)
    run.write_complete(None)
    assert run.completed(HERE, None) == METRICS


def test_a_run_that_is_made_again_forgets_the_checksums_of_what_it_replaces(tmp_path: Path) -> None:
    run = folder(tmp_path)
    run.write("running")
    write_artefacts(tmp_path)
    for name in ("scores.csv", "calibration.csv"):
        (tmp_path / name).write_text("some")
    run.write_complete({"negatives": ["uniform"]})
    run.write("running")
    sums = load_json(tmp_path / "status.json")["sha256"]
    assert set(sums) == {"scores.csv", "calibration.csv"}
