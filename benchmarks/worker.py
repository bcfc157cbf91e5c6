"""One method in a process of its own: reads a number of steps a line, answers with their times.

Started by ``steps.py``; the first line of standard input says what to make of what.
"""

import contextlib
import json
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from peers import NO_TORCH, PEERS, Options


def memory(field: str) -> float:
    """Resident memory, MB: ``VmRSS`` now, ``VmHWM`` at its largest.

    Linux tells; ``ru_maxrss`` would do elsewhere, but on Linux a child inherits its parent's.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        lines = (line.split() for line in status.read_text().splitlines())
        return next(float(line[1]) for line in lines if line[0] == f"{field}:") / 1024
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / (2**20 if sys.platform == "darwin" else 2**10)


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """What ``common.prepare`` wrote."""
    with np.load(path) as file:
        return dict(file)


def serve(order: dict[str, Any], say: Any) -> None:
    """Make the method, run what is asked for, and leave its factors behind."""
    options = Options(**order["options"])
    arrays = load_arrays(Path(order["arrays"]))
    if order["peer"] not in NO_TORCH:
        import torch

        torch.set_num_threads(options.threads)
        if order["peer"].startswith("pyg"):
            import pyg  # noqa: F401
        elif order["peer"] != "scikit-learn":
            import ours  # noqa: F401
    before = memory("VmRSS")
    peer = PEERS[order["peer"]](arrays, options)
    say({"ready": True})
    for line in sys.stdin:
        steps = int(line)
        if steps == 0:
            break
        wall, cpu = time.perf_counter(), time.process_time()
        peer.run(steps)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        say({"wall": wall / steps, "cpu": cpu / steps})
    highest = memory("VmHWM")
    source, target, score = peer.factors()
    np.savez(order["factors"], source=source, target=target)
    say({"peak": highest, "own": highest - before, "score": score})


def main() -> None:
    """Keep standard output for answers: libraries print to standard error."""
    warnings.simplefilter("ignore")
    answers = sys.stdout

    def say(answer: dict[str, Any]) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    with contextlib.redirect_stdout(sys.stderr):
        try:
            serve(json.loads(sys.stdin.readline()), say)
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
