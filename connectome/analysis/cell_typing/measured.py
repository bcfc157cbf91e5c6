"""What a piece of work takes: processor time and memory."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Cost:
    """What was measured, once the work is done.

    Attributes:
        seconds: CPU seconds of this process, all its threads.
        peak_mb: largest resident memory above that at the start, MB; NaN where the system (other
            than Linux) does not tell.
    """

    seconds: float = float("nan")
    peak_mb: float = float("nan")


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the body; the numbers are there when it has ended well."""
    cost = Cost()
    with suppress(OSError):
        _RESET.write_text("5")  # the peak starts anew
    before, start = _resident("VmRSS"), time.process_time()
    yield cost
    cost.seconds = time.process_time() - start
    cost.peak_mb = max(_resident("VmHWM") - before, 0.0)


def _resident(which: str) -> float:
    """MB; NaN where the system does not tell."""
    with suppress(OSError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith(f"{which}:"):
                return float(line.split()[1]) / 1024
    return float("nan")
