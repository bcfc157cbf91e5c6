"""Programs that the tests fork are as those that a user starts."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import run_program, start_program

CHILD = """
import os, sys

print(sys.argv[1:], os.environ["WORD"], sys.stdin.read(), flush=True)
if sys.argv[1] == "raise":
    raise ValueError("as told")
sys.exit({"three": 3, "words": "a reason"}.get(sys.argv[1]))
"""
PARENT = """
import os, subprocess, sys

assert "torch" in sys.modules or sys.platform != "linux"
for how in ("end", "three", "words", "raise"):
    done = subprocess.run(
        [sys.executable, "child.py", how],
        input="given", env=os.environ | {"WORD": "set"}, capture_output=True, text=True,
    )
    print(done.returncode, done.stdout, done.stderr.splitlines()[-1:])
print(subprocess.run(["echo", "another program"], capture_output=True).stdout)
"""


def test_forked_scripts_say_and_end_as_started_ones(tmp_path: Path) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    (tmp_path / "parent.py").write_text(PARENT)
    script = str(tmp_path / "parent.py")
    started, forked = (run_program(script, cwd=tmp_path, forks=forks) for forks in (False, True))
    assert started.returncode == 0, started.stderr
    assert started.stdout.splitlines()[0].startswith("0 ['end'] set given")
    assert "1 ['raise'] set given" in started.stdout
    assert "['ValueError: as told']" in started.stdout
    assert (forked.returncode, forked.stdout, forked.stderr) == (0, started.stdout, "")


def test_programs_run_beside_each_other_and_are_stopped(tmp_path: Path) -> None:
    (tmp_path / "wait.py").write_text("import sys\nprint('on', flush=True)\nsys.stdin.read(1)\n")
    (tmp_path / "sleep.py").write_text("import time\nprint('on', flush=True)\ntime.sleep(60)\n")
    with (tmp_path / "log").open("wb") as log:
        long = start_program(str(tmp_path / "sleep.py"), cwd=tmp_path, out=log, err=log)
    short = run_program(str(tmp_path / "wait.py"), cwd=tmp_path)
    assert (short.returncode, short.stdout) == (0, "on\n")
    assert long.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        run_program(str(tmp_path / "sleep.py"), cwd=tmp_path, timeout=0.5)
    long.send_signal(signal.SIGKILL)
    assert long.wait(timeout=60) == -signal.SIGKILL
    assert sys.platform != "linux" or long.poll() == -signal.SIGKILL
