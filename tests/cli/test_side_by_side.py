"""Jobs of a sweep in forked processes."""

import os
import signal
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from connectome.cli.shared.side_by_side import _places, side_by_side
from connectome.input_error import InputError
from connectome.runs import load_json
from tests.programs import run_program

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="processes are forked on Linux only"
)


def test_each_job_gives_what_it_gives_alone_in_another_process() -> None:
    found = side_by_side(lambda job: (job**2, os.getpid()), [3, 1, 2, 5], 2)
    assert [square for square, _ in found] == [9, 1, 4, 25]
    assert os.getpid() not in {process for _, process in found}
    assert len({process for _, process in found}) == 2


def test_jobs_run_at_the_same_time(tmp_path: Path) -> None:
    """Each waits until the other has begun: one after another they would wait for ever."""

    def meet(job: int) -> bool:
        (tmp_path / str(job)).touch()
        for _ in range(1000):
            if (tmp_path / str(1 - job)).exists():
                return True
            time.sleep(0.01)
        return False

    assert side_by_side(meet, [0, 1], 2) == [True, True]


class UnsendableError(Exception):
    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other}")


@pytest.mark.parametrize(
    ("raised", "expected", "words"),
    [
        (SystemExit(2), SystemExit, "2"),
        (InputError("seed=-1: wrong"), InputError, "seed=-1: wrong"),
        (UnsendableError("one", "other"), RuntimeError, "UnsendableError: one and other"),
    ],
)
def test_what_a_job_raises_is_raised(
    raised: BaseException, expected: type[BaseException], words: str
) -> None:
    def fail(job: int) -> None:
        if job == 1:
            raise raised
        time.sleep(60 if job == 0 else 0)  # is ended with the sweep

    with pytest.raises(expected, match=words):
        side_by_side(fail, [0, 1], 2)


def test_a_killed_process_ends_the_sweep_with_what_to_do() -> None:
    with pytest.raises(InputError, match=r"was killed.*n_jobs=1"):
        side_by_side(lambda _: os.kill(os.getpid(), signal.SIGKILL), [0, 1], 2)


@pytest.mark.parametrize(("threads", "places"), [(None, 4), ("1", 4), ("2", 2), ("8", 1), ("", 4)])
def test_jobs_and_their_threads_fill_the_cores(
    threads: str | None, places: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if threads is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
    assert _places() == places


def test_a_sweep_has_the_same_results(tmp_path: Path) -> None:
    metrics = {}
    for launcher in (("hydra.launcher.n_jobs=2",), ("hydra.launcher.n_jobs=1",)):
        words = (
            "-m",
            "model=gae,spectral",
            "logger=none",
            "trainer=smoke",
            f"name={launcher[0][-1]}",
        )
        chosen = ("hydra/launcher=side_by_side", *launcher)
        done = run_program("train.py", *words, *chosen, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        study = tmp_path / "outputs" / launcher[0][-1]
        table = pd.read_csv(study / "summary.csv")
        assert table["model"].tolist() == ["gae", "spectral"]
        metrics[launcher] = [load_json(path) for path in sorted(study.glob("*/metrics.json"))]
    one, two = metrics.values()
    assert [{**values, "seconds": 0} for values in one] == [
        {**values, "seconds": 0} for values in two
    ]
