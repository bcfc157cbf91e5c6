"""Workers end with the program that started them. They need no torch, so they start at once."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from connectome.analysis.leaderboard import SweepSummary
from connectome.runs import SWEEP_ID
from connectome.runtime import processes
from connectome.training.loop import require_strategy
from connectome.types import InputError
from tests.programs import ROOT

CODE = """
import importlib.util, multiprocessing, os, sys, time

def work(path):
    spec = importlib.util.spec_from_file_location("processes", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if sys.argv[2] == "watched":
        module.end_with_parent()
        module.end_with_parent()
    print(os.getpid(), flush=True)
    time.sleep(60)

if __name__ == "__main__":
    worker = multiprocessing.get_context("fork").Process(target=work, args=(sys.argv[1],))
    worker.start()
    worker.join()
"""
FILE = ROOT / "connectome" / "runtime" / "processes.py"


def lives(pid: int) -> bool:
    """Whether the process runs; one that ended may wait for someone who asks how."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the worker in /proc")
@pytest.mark.parametrize("watched", [True, False])
def test_a_worker_ends_when_its_program_is_killed(watched: bool) -> None:
    command = [sys.executable, "-c", CODE, str(FILE), "watched" if watched else ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        worker = int(program.stdout.readline())
        program.kill()
        program.wait()
    deadline = time.monotonic() + (10 if watched else 2)
    while lives(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    survived = lives(worker)
    if survived:
        os.kill(worker, signal.SIGKILL)
    assert survived is not watched


class NoSharedMemory:
    def Lock(self) -> None:  # noqa: N802
        raise OSError(errno.EROFS, "Read-only file system")


def test_a_machine_without_shared_memory_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert processes.shared_memory_fault() is None
    require_strategy("ddp_spawn", "2", in_sweep=True)
    monkeypatch.setattr(processes.multiprocessing, "get_context", lambda _: NoSharedMemory())
    with pytest.raises(InputError, match=r"/dev/shm: .*Read-only.*ddp_spawn needs it; mount it"):
        require_strategy("ddp_spawn", "2", in_sweep=True)
    monkeypatch.setenv(SWEEP_ID, "")
    for launcher, lines in (("hydra_plugins.hydra_joblib_launcher.J", 1), ("basic", 0)):
        config = OmegaConf.create({"hydra": {"launcher": {"_target_": launcher}}})
        SweepSummary().on_multirun_start(config)
        said = capsys.readouterr().err
        assert said.count("\n") == lines
        assert ("/dev/shm: cannot be used" in said) == bool(lines)


def test_a_program_of_its_own_is_not_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "0")  # what Lightning sets in the program itself
    assert processes._parent() is None
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert processes._parent() == os.getppid()
