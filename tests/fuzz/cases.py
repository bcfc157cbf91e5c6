"""One case of the fuzz driver: what is tried, what may come of it, and what came.

A program may refuse what it is given in one line, or accept it. Everything else is a fault: a
traceback, an endless wait, a line that names nothing, accepting what must be refused, refusing what
must be accepted, other numbers than those known.
"""

import contextlib
import io
import logging
import signal
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from connectome.errors import USAGE_EXIT, clear_errors
from connectome.types import Connectome

ROOT = Path(__file__).parents[2]
OURS = tuple(str(ROOT / name) for name in ("connectome", "train.py", "evaluate.py"))
LIMIT_S = 60.0  # of one case; the slowest take a second


@dataclass(frozen=True)
class Facts:
    """What a connectome holds: neurons, edges and synapses."""

    neurons: int
    edges: int
    synapses: float

    @classmethod
    def of(cls, connectome: Connectome) -> "Facts":
        """Those of a connectome that was read."""
        total = float(connectome.synapses.sum())
        return cls(connectome.num_neurons, connectome.num_edges, total)

    def like(self, other: object) -> bool:
        """Whether ``other`` is the same but for rounding."""
        if not isinstance(other, Facts):
            return False
        close = np.isclose(self.synapses, other.synapses, rtol=1e-9, atol=0)
        return (self.neurons, self.edges) == (other.neurons, other.edges) and bool(close)


@dataclass(frozen=True)
class Case:
    """Something to try.

    Attributes:
        kind: of input: ``data``, ``options`` or ``runs``.
        seed, number: what it was drawn with.
        what: the mutation, in words.
        attempt: tries it; what it returns is compared with ``facts``.
        names: a refusal must hold one of these.
        refuse, accept: whether either is right.
        facts: what an accepted case must give; None for anything.
        lines: the most lines of error that a refusal may have.
        words: the command line, which messages may quote.
    """

    kind: str
    seed: int
    number: int
    what: str
    attempt: Callable[[], object]
    names: tuple[str, ...]
    refuse: bool = True
    accept: bool = True
    facts: Facts | None = None
    lines: int = 1
    words: tuple[str, ...] = ("train.py",)


@dataclass(frozen=True)
class Result:
    """What came of a case: ``refused``, ``accepted`` or ``fault``, which ``group`` and ``detail``
    explain."""

    case: Case
    outcome: str
    group: str = ""
    detail: str = ""


class OracleError(Exception):
    """What was tried ended well by its own account, but not by what is seen from outside."""


class TookTooLongError(BaseException):
    """Raised by the alarm; no program takes it for an exception of its own."""


def try_case(case: Case) -> Result:
    """Try ``case`` in this process and judge what comes of it."""
    said = io.StringIO()
    try:
        with quiet(said), time_limit(LIMIT_S), command_line(*case.words), clear_errors():
            found = case.attempt()
    except SystemExit as error:
        return _judge_refusal(case, error.code, said.getvalue())
    except TookTooLongError as error:
        return Result(case, "fault", "takes too long", _place(error))
    except OracleError as error:
        return Result(case, "fault", f"{error}: {case.what}", f"{error.__cause__ or ''}"[:200])
    except Exception as error:
        group = f"{type(error).__name__} at {_place(error)}"
        return Result(case, "fault", group, f"{error} ".splitlines()[0][:200])
    if not case.accept:
        return Result(case, "fault", f"accepted: {case.what}", str(found))
    if case.facts is not None and not case.facts.like(found):
        return Result(case, "fault", f"other numbers: {case.what}", f"{found}, not {case.facts}")
    return Result(case, "accepted")


def _judge_refusal(case: Case, code: object, said: str) -> Result:
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    detail = " / ".join(line[:300] for line in errors) or said[-300:]
    if code != USAGE_EXIT:
        return Result(case, "fault", f"exit {code}: {case.what}", detail)
    if "Traceback" in said or not 1 <= len(errors) <= case.lines:
        return Result(case, "fault", f"{len(errors)} lines: {case.what}", detail)
    if not any(name in line for line in errors for name in case.names):
        return Result(case, "fault", f"names none of {case.names[:3]}: {case.what}", detail)
    if not case.refuse:
        return Result(case, "fault", f"refused: {case.what}", detail)
    return Result(case, "refused")


def _place(error: BaseException) -> str:
    """The deepest line of our own code in the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if f.filename.startswith(OURS)] or list(frames)
    name = ours[-1].filename
    where = Path(name).relative_to(ROOT) if Path(name).is_relative_to(ROOT) else Path(name).name
    return f"{where}:{ours[-1].lineno}"


@contextlib.contextmanager
def quiet(said: io.StringIO) -> Iterator[None]:
    """Keep what is printed on stderr in ``said``, and everything else from the terminal."""
    level = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(said),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`TookTooLongError` after ``seconds``, where the system has an alarm."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: object) -> None:
        raise TookTooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def command_line(*words: str) -> Iterator[None]:
    """Let a program see ``words`` as its command line."""
    before, sys.argv = sys.argv, list(words)
    try:
        yield
    finally:
        sys.argv = before


@contextlib.contextmanager
def without_figures() -> Iterator[None]:
    """Write empty files in place of figures, which take longer than all else."""
    save = Figure.savefig

    def empty(_: Figure, file: Any, *__: object, **___: object) -> None:
        if hasattr(file, "write"):
            file.write(b"")
        else:
            Path(file).write_bytes(b"")

    Figure.savefig = empty  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        Figure.savefig = save  # type: ignore[method-assign]


def report(results: Sequence[Result]) -> str:
    """Faults by group, each with the cases that have it; empty without faults."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result.outcome == "fault":
            groups.setdefault(f"[{result.case.kind}] {result.group}", []).append(result)
    lines = []
    for group, found in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        first = found[0]
        numbers = ", ".join(f"{r.case.seed}:{r.case.number}" for r in found[:6])
        lines += [
            f"{len(found)} x {group}",
            f"    {first.case.what}: {first.detail}",
            f"    seed:case {numbers}; python benchmarks/fuzz.py --kinds {first.case.kind} "
            f"--seed {first.case.seed} --case {first.case.number}",
        ]
    return "\n".join(lines)


def counts(results: Sequence[Result]) -> Counter[tuple[str, str]]:
    """How often each kind ended in each outcome."""
    return Counter((result.case.kind, result.outcome) for result in results)
