"""The programs as a user runs them, without waiting each time for what they import.

On Linux one process a test run imports them once and forks for every command; the fork then runs
the script as ``__main__`` and ends as any interpreter does. Elsewhere each command is started anew.
"""

import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]


def program_environment() -> dict[str, str]:
    """That of the tests, without an account, with one thread a process."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("WANDB")}
    ours = {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(ROOT)}
    return clean | ours


def run_program(
    script: str, *arguments: str, cwd: Path, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run a script of the repository or, after ``-m``, a module, and wait until it ends.

    Raises:
        subprocess.TimeoutExpired: after ``timeout`` seconds; what it started is killed.
    """
    command = [sys.executable, script if script == "-m" else str(ROOT / script), *arguments]
    if sys.platform != "linux":
        return subprocess.run(
            command,
            cwd=cwd,
            env=program_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = _fork(command[1:], cwd, timeout, out, err)
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess(command, code, *said)


def _fork(arguments: list[str], cwd: Path, timeout: float, out: IO[bytes], err: IO[bytes]) -> int:
    server, order = _server(), {"arguments": arguments, "cwd": str(cwd)}
    here = f"/proc/{os.getpid()}/fd"
    order |= {"out": f"{here}/{out.fileno()}", "err": f"{here}/{err.fileno()}"}
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write((json.dumps(order | {"environment": program_environment()}) + "\n").encode())
    pid = int(server.stdout.readline())
    late = not select.select([server.stdout], [], [], timeout)[0]
    if late:
        os.killpg(pid, signal.SIGKILL)
    code = int(server.stdout.readline())
    if late:
        raise subprocess.TimeoutExpired(arguments, timeout)
    return code


@cache
def _server() -> subprocess.Popen[bytes]:
    """Ends with the process that started it, when its standard input closes."""
    return subprocess.Popen(
        [sys.executable, __file__],
        env=program_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    )


def serve() -> dict[str, str | list[str]] | None:
    """Fork for every order; the order in the child, None once there are no more."""
    sys.path[0] = str(ROOT)
    import wandb.sdk.launch.inputs.internal  # noqa: F401  (by every run of W&B, in seconds)

    import evaluate  # noqa: F401
    import train  # noqa: F401

    while line := sys.stdin.readline():
        if (pid := os.fork()) == 0:
            return dict(json.loads(line))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    return None


def become(order: dict[str, str | list[str]]) -> None:
    """Run what was ordered in this process."""
    from wandb.sdk.data_types._private import MEDIA_TMP

    os.setsid()
    os.chdir(str(order["cwd"]))
    for stream, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, order["out"], os.O_WRONLY),
        (2, order["err"], os.O_WRONLY),
    ):
        os.dup2(os.open(str(path), flags | os.O_APPEND), stream)
    Path(MEDIA_TMP.name).mkdir(exist_ok=True)  # made on import, and gone when a fork ended
    os.environ.clear()
    os.environ.update(dict(order["environment"]))  # type: ignore[call-overload]
    sys.argv = list(order["arguments"])
    if sys.argv[0] == "-m":
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(sys.argv[0]).parent))
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    received = serve()
    if received is not None:
        become(received)
