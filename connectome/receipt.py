"""What became of the rows of a file: the account that comes with every connectome."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace

import numpy as np

log = logging.getLogger(__name__)

MOST_SYNAPSES = 1e18  # of a connectome: sums of squares must fit float32 too


@dataclass(frozen=True)
class LeftOut:
    """Something that was read and is not among the data.

    Attributes:
        what: ``rows``, ``pairs``, ``edges`` or ``neurons``.
        number, of: how many of how many.
        why: the reason, with the option that decides it.
        synapses, of_synapses: how many synapses that is, of how many; None where nobody counts.
        expected: whether that is what was asked for by name, and nobody needs to be warned.
    """

    what: str
    number: int
    of: int
    why: str
    synapses: float | None = None
    of_synapses: float | None = None
    expected: bool = False

    @property
    def amount(self) -> str:
        """How many of how many."""
        lost = ""
        if self.synapses is not None and self.of_synapses is not None:
            lost = f" ({_count(self.synapses)} of {_count(self.of_synapses)} synapses)"
        return f"{self.number:,} of {many(self.of, self.what.removesuffix('s'))}{lost}"


@dataclass(frozen=True)
class Receipt:
    """What was read, how it was understood, what was left out and why, and what came of it.

    Attributes:
        name: name of the data set.
        source: the files that were read, or what else it was made of.
        layout: how the edges are written, such as ``edge list``.
        columns: what the columns ``pre``, ``post`` and ``synapses`` are called in the file.
        each_row: what a row of the edges counts for.
        rows: rows of edges (cells of a matrix that are not zero).
        added_up: rows that were added to an earlier row of the same pair.
        zero_counts: rows with a count of zero, which make no edge.
        zero_ids: rows of a neuron with the id 0 that were kept.
        left_out: what is not among the data, and why.
        notes: what else one should know.
        neurons, edges, synapses: numbers of neurons, edges and synapses that came of it.
        self_loops: edges from a neuron to itself, which are kept.
        without_edges: neurons without any edge.
        members: receipts of the connectomes that it was made of.
    """

    name: str
    source: tuple[str, ...] = ()
    layout: str = "made in Python"
    columns: dict[str, str] = field(default_factory=dict)
    each_row: str = ""
    rows: int = 0
    added_up: int = 0
    zero_counts: int = 0
    zero_ids: int = 0
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    neurons: int = 0
    edges: int = 0
    synapses: float = 0.0
    self_loops: int = 0
    without_edges: int = 0
    members: tuple["Receipt", ...] = ()

    @property
    def remarkable(self) -> bool:
        """Whether anything unexpected was left out or needs a word, here or in a member."""
        lost = any(not part.expected for part in self.left_out)
        here = bool(lost or self.notes or self.zero_ids)
        return here or any(member.remarkable for member in self.members)

    def finished(self, neurons: int, edge_index: np.ndarray, synapses: np.ndarray) -> "Receipt":
        """With what came of it.

        Args:
            neurons: their number ``N``.
            edge_index: ``[2, E]`` positions.
            synapses: ``[E]`` synapse counts.
        """
        pre, post = edge_index
        wired = np.zeros(neurons, dtype=bool)
        wired[pre] = wired[post] = True
        return replace(
            self,
            neurons=neurons,
            edges=len(pre),
            synapses=float(np.sum(synapses)),
            self_loops=int((pre == post).sum()),
            without_edges=int(neurons - wired.sum()),
        )

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON."""
        return asdict(self)

    def line(self) -> str:
        """One line: what was left out and is worth a word, then what came of it."""
        remarks = [f"{part.amount} left out: {part.why}" for part in self.left_out]
        remarks += self._remarks()
        remarks += [member.line() for member in self.members if member.remarkable]
        return f"{self.name}: {'; '.join([*remarks, self._result()])}"

    def __str__(self) -> str:
        rows = [(label, text) for label, text in self._rows() if text]
        width = max(len(label) for label, _ in rows)
        lines = [f"  {label:<{width}}  {text}" for label, text in rows]
        lines += ["  " + line for member in self.members for line in str(member).splitlines()]
        return "\n".join([f"{self.name}: what was read", *lines])

    def _rows(self) -> Iterator[tuple[str, str]]:
        yield "from", ", ".join(self.source)
        columns = ", ".join(f"{role} = {column}" for role, column in self.columns.items())
        yield "layout", ": ".join(part for part in (self.layout, columns) if part)
        yield "each row", self.each_row
        if self.rows:
            sums = f", {self.added_up:,} of them added to another row of their pair"
            yield "rows", f"{self.rows:,} read{sums if self.added_up else ''}"
        for part in self.left_out:
            yield "left out", f"{part.amount}: {part.why}"
        for remark in self._remarks():
            yield "note", remark
        yield "result", self._result()

    def _remarks(self) -> Iterator[str]:
        if self.zero_counts:
            yield f"{many(self.zero_counts, 'row')} with a count of zero, which adds nothing"
        if self.zero_ids:
            yield (
                f"{many(self.zero_ids, 'row')} of a neuron with the id 0, kept; if 0 means 'no "
                "segment', leave it out with data.no_neuron=[0]"
            )
        yield from self.notes

    def _result(self) -> str:
        loops = f" ({many(self.self_loops, 'self-loop')} among them)" if self.self_loops else ""
        lonely = f"; {many(self.without_edges, 'neuron')} without edges"
        return (
            f"{many(self.neurons, 'neuron')}, {many(self.edges, 'edge')}{loops}, "
            f"{_count(self.synapses)} synapses{lonely if self.without_edges else ''}"
        )


def log_line(receipt: Receipt, warn: bool) -> None:
    """Log the line of a receipt, as a warning if there is news in it."""
    log.log(logging.WARNING if warn else logging.INFO, "%s", receipt.line())


@contextmanager
def printed_later() -> Iterator[None]:
    """Log no line of a receipt that is printed as a whole, which would say the same twice."""
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def many(number: int, what: str) -> str:
    """``1 row``, ``2,000 rows``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _count(synapses: float) -> str:
    return f"{synapses:,.0f}" if float(synapses).is_integer() else f"{synapses:,.6g}"
