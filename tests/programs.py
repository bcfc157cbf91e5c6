"""The programs as a user runs them, without waiting each time for what they import.

On Linux one process a test run imports them once and forks for every command; the fork then runs
the script as ``__main__`` and ends as any interpreter does. Elsewhere each command is started anew.
"""

import gc
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from connectome.cli import COMMANDS

ROOT = Path(__file__).parents[1]
IMPORTED = (  # by programs, at the start and on their way
    *(f"connectome.cli.jobs.{name}" for name in COMMANDS),
    *("connectome.cli.jobs.map.drawn", "connectome.cli.jobs.types.typed"),
    *("connectome.data.readers.table", "connectome.training.modules", "networkx", "wandb"),
    *("matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
    "wandb.sdk.launch.inputs.internal",  # in seconds
)
ENDED: dict[int, int] = {}  # exit statuses of what the server of this process has started


def program_environment() -> dict[str, str]:
    """That of the tests, without an account, with one thread a process."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("WANDB")}
    ours = {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(ROOT)}
    return clean | ours


class Program:
    """A program that runs beside the tests, with what ``subprocess.Popen`` would have of it."""

    def __init__(
        self, arguments: list[str], cwd: Path, out: IO[bytes], err: IO[bytes], forks: bool
    ) -> None:
        here, server = f"/proc/{os.getpid()}/fd", _server()
        order = {"out": f"{here}/{out.fileno()}", "err": f"{here}/{err.fileno()}"}
        order |= {"arguments": arguments, "cwd": str(cwd), "environment": program_environment()}
        order |= {"forks": forks}
        assert server.stdin is not None
        server.stdin.write((json.dumps(order) + "\n").encode())
        while not (started := _hear()):
            pass
        self.pid = started

    def poll(self) -> int | None:
        """Its exit status, negative if a signal ended it; None while it runs."""
        while _heard(0):
            _hear()
        return ENDED.get(self.pid)

    def wait(self, timeout: float) -> int:
        """Its exit status."""
        deadline = time.monotonic() + timeout
        while self.pid not in ENDED:
            if not _heard(max(deadline - time.monotonic(), 0)):
                raise subprocess.TimeoutExpired("a forked program", timeout)
            _hear()
        return ENDED[self.pid]

    def send_signal(self, number: int) -> None:
        """Send a signal to the process alone."""
        os.kill(self.pid, number)


def start_program(
    script: str, *arguments: str, cwd: Path, out: IO[bytes], err: IO[bytes], forks: bool = False
) -> "subprocess.Popen[bytes] | Program":
    """Start a script of the repository or, after ``-m``, a module, in a process group of its own.

    Ctrl-C reaches it, even if the tests run in the background of a shell, where it is ignored.

    Args:
        script: path in the repository, or ``-m``.
        arguments: of the program.
        cwd: folder that it runs in.
        out, err: files for what it prints.
        forks: let scripts that it starts be forks of it, where that is possible: for programs whose
            children could as well be functions.
    """
    words = [script if script == "-m" else str(ROOT / script), *arguments]
    if sys.platform == "linux":
        return Program(words, cwd, out, err, forks)
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=cwd,
        env=program_environment(),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def run_program(
    script: str, *arguments: str, cwd: Path, timeout: float = 300, forks: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a program as :func:`start_program` starts it, and wait until it ends.

    Raises:
        subprocess.TimeoutExpired: after ``timeout`` seconds; what it started is killed.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        program = start_program(script, *arguments, cwd=cwd, out=out, err=err, forks=forks)
        try:
            code = program.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            raise
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess([script, *arguments], code, *said)


def _heard(seconds: float) -> bool:
    """Whether the server says something within ``seconds``."""
    return bool(select.select([_server().stdout], [], [], seconds)[0])


def _hear() -> int | None:
    """Wait for what the server says: a process that it started, or (None) how one ended."""
    stream = _server().stdout
    assert stream is not None
    line = stream.readline()
    assert line, "the server of programs has ended"
    pid, *code = map(int, line.split())
    if not code:
        ENDED.pop(pid, None)  # numbers of processes come again
        return pid
    ENDED[pid] = code[0]
    return None


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


def serve() -> dict[str, Any] | None:
    """Fork for every order; the order in the child, None once there are no more.

    Says the number of each process when it starts, and again with its exit status when it ends.
    """
    sys.path[0] = str(ROOT)
    gc.set_threshold(20_000)
    for name in IMPORTED:
        import_module(name)
    import_module("PIL.Image").init()
    import_module("hydra.core.plugins").Plugins.instance()
    gc.collect()
    gc.freeze()  # what was imported stays: no fork need look through it

    running: dict[int, int] = {}  # processes by the descriptor that tells of their end
    while True:
        for ready in select.select([0, *running], [], [])[0]:
            if ready != 0:
                os.close(ready)
                pid = running.pop(ready)
                print(pid, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
            elif not (line := sys.stdin.buffer.readline()):
                return None
            else:
                order = json.loads(line)
                files = [os.open(order[name], os.O_WRONLY | os.O_APPEND) for name in ("out", "err")]
                if (pid := os.fork()) == 0:
                    return order | {"files": files}
                for file in files:
                    os.close(file)
                running[os.pidfd_open(pid)] = pid
                print(pid, flush=True)  # the files may be closed where they were opened, too


def become(order: dict[str, Any]) -> None:
    """Run what was ordered in this process."""
    from wandb.sdk.data_types._private import MEDIA_TMP

    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(str(order["cwd"]))
    for stream, file in enumerate([os.open(os.devnull, os.O_RDONLY), *order["files"]]):
        os.dup2(file, stream)
    Path(MEDIA_TMP.name).mkdir(exist_ok=True)  # made on import, and gone when a fork ended
    os.environ.clear()
    os.environ.update(order["environment"])
    if order["forks"]:
        subprocess.Popen = ForkedScript  # type: ignore[misc]
    run_words(order["arguments"])


def run_words(words: list[str]) -> None:
    """Run a script, or after ``-m`` a module, as an interpreter with these words does."""
    sys.argv = list(words)
    if sys.argv[0] == "-m":
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(sys.argv[0]).parent))
        runpy.run_path(sys.argv[0], run_name="__main__")


class ForkedScript(subprocess.Popen):  # type: ignore[type-arg]
    """Runs scripts in the fork that would have started an interpreter for them."""

    def __init__(self, command: list[str], **options: Any) -> None:
        if command[0] == sys.executable:
            options["preexec_fn"] = partial(end_with, command[1:], options.get("env"))
        super().__init__(command, **options)


def end_with(words: list[str], environment: dict[str, str] | None) -> None:
    """Run a script in a process that was just forked, and end it."""
    # One of these keeps the parent waiting until the process is on its way.
    os.closerange(3, 1 + max(int(path.name) for path in Path("/proc/self/fd").iterdir()))
    os.environ.update(environment or {})
    code: object = 1
    try:
        run_words(words)
        code = 0
    except SystemExit as error:
        code = error.code or 0
        if not isinstance(code, int):
            print(code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    received = serve()
    if received is not None:
        become(received)
