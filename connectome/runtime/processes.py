"""Several processes on one machine: they end together, and need memory to share."""

import multiprocessing
import os
import signal
import threading
import time

SECONDS = 1.0  # between two looks


def end_with_parent() -> None:
    """End this process soon after the one that started it, if it is a worker of that.

    A killed program cannot end its workers: they would train on, unseen. A thread looks at the
    parent, since Linux's own signal for that is sent when the *thread* that started the worker
    ends, and other systems have none. Safe to call again.
    """
    parent = _parent()
    if parent is None or any(thread.name == __name__ for thread in threading.enumerate()):
        return
    threading.Thread(target=_watch, args=(parent,), name=__name__, daemon=True).start()


def shared_memory_fault() -> str | None:
    """Why processes cannot share a lock here, as in a container without /dev/shm; else None."""
    try:
        multiprocessing.get_context("spawn").Lock()
    except OSError as error:
        return f"/dev/shm: cannot be used ({error.strerror})"
    return None


def _parent() -> int | None:
    """Who started this process as a worker, even if it has ended since; None for a program."""
    if os.environ.get("LOCAL_RANK", "0") != "0":  # one of several that train one run together
        return os.getppid()
    worker = multiprocessing.current_process()
    return None if worker.name == "MainProcess" else getattr(worker, "_parent_pid", None)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)  # as if it were killed with its parent: it can resume
