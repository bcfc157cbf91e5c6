"""A second brain drawn from the first, as different from it as another brain is.

What crossing between two brains does to types cannot be seen in the brain without types. It can be
seen in a twin of the brain that has them, made with the turnover of connections between the two.
Nor can it be seen how often typing from one told neuron a type is right: there the twin is made of
the types that were found.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import scipy.sparse as sp

from connectome.draws import generator
from connectome.types import InputError

T = TypeVar("T")
TWINS = 2  # one after the other, each drawn from the one before
BINS = 12  # of synapse counts, with about equal numbers of connections
LEAST = 10  # connections between matched neurons


def draw_twin(
    home: sp.csr_array, away: sp.csr_array, pairs: np.ndarray, seed: int = 0
) -> sp.csr_array:
    """A twin ``[H, H]`` of ``home``, neuron for neuron.

    Among matched neurons some connections exist on both sides, some on one. A connection of
    ``home`` is kept as often as such of its synapses are, with the synapses that one of them has in
    ``away``. As many more are made as are found only in ``away``, each from a neuron to what
    another neuron with a common partner connects to.

    Args:
        home: ``[H, H]`` synapses.
        away: ``[A, A]`` synapses.
        pairs: ``[P, 2]`` matched neurons (home, away), each once.
        seed: of the draw.

    Raises:
        InputError: if fewer than ``LEAST`` connections of ``home`` are among matched neurons.
    """
    rng = generator(seed, "twin of a brain")
    here = sp.csr_array(home[pairs[:, 0]][:, pairs[:, 0]]).tocoo()
    there = sp.csr_array(away[pairs[:, 1]][:, pairs[:, 1]])
    if here.nnz < LEAST:
        raise InputError(f"{here.nnz} connections among {len(pairs)} pairs: match {LEAST} or more")
    found = np.asarray(there[here.row, here.col]).ravel()
    edges = np.unique(np.quantile(here.data, np.linspace(0, 1, BINS + 1)[1:-1]))
    drawn = _redrawn(
        sp.csr_array(home), np.searchsorted(edges, here.data, "right"), edges, found, rng
    )
    shared = there.copy()
    shared.data = np.ones_like(shared.data)
    seen = sp.csr_array((np.ones(here.nnz), (here.row, here.col)), shape=here.shape)
    only = there - there.multiply(seen)
    only.eliminate_zeros()
    new = _made(sp.csr_array(home), round(only.nnz / here.nnz * home.nnz), only.data, rng)
    return _joined(drawn, new, home.shape)


def on_twins(
    home: sp.csr_array,
    away: sp.csr_array,
    pairs: np.ndarray,
    seed: int,
    work: Callable[[sp.csr_array], T],
    mutual: Callable[[T], float],
    wanted: float,
) -> list[tuple[T, float]]:
    """What comes of twins of ``home``, and what each counts, to be as hard as ``away``.

    A twin keeps what makes each neuron itself, so one drawn from another is used too, where neurons
    of the first are each other's likest more often than those of ``home`` and ``away``.

    Args:
        home: ``[H, H]`` synapses.
        away: ``[A, A]`` synapses.
        pairs: ``[P, 2]`` matched neurons (home, away), each once.
        seed: of the twins.
        work: done with each twin ``[H, H]``.
        mutual: of what came of it, the share of neurons that are the likest of their likest.
        wanted: the same of ``away``.

    Raises:
        InputError: if the first twin cannot be drawn.
    """
    twin = home
    seen: list[T] = []
    while len(seen) < TWINS and (not seen or mutual(seen[-1]) > wanted):
        try:
            twin = draw_twin(twin, away, pairs, seed + len(seen))
        except InputError:  # the first twin has lost too many connections to be drawn from
            if not seen:
                raise
            break
        seen.append(work(twin))
    if len(seen) < TWINS:
        return [(seen[0], 1.0)]
    shares = mixed_shares(mutual(seen[0]), mutual(seen[1]), wanted)
    return [pair for pair in zip(seen, shares, strict=True) if pair[1] > 0]


def mixed_shares(easy: float, hard: float, wanted: float) -> tuple[float, float]:
    """What an easier and a harder sample count, so that their mean is ``wanted``, if it can be.

    The easier one counts alone where the other is no harder, or empty (NaN).
    """
    if not easy > hard:
        return 1.0, 0.0
    share = float(np.clip((wanted - hard) / (easy - hard), 0, 1))
    return share, 1 - share


def redraw_within_types(synapses: sp.csr_array, types: np.ndarray, seed: int = 0) -> sp.csr_array:
    """A twin ``[N, N]`` of ``synapses`` ``[N, N]``, dealt anew within ``types`` ``[N]``.

    The ends of all connections are permuted among those in neurons of one type, at either side:
    synapses between types stay, and so do the ends that a neuron has. Synapses of connections
    that fall together are added. Connections of neurons without a type (-1) stay.
    """
    rng = generator(seed, "twin within types")
    old = sp.coo_array(synapses)
    row, column = (_dealt(end, types, rng) for end in (old.row, old.col))
    return sp.csr_array(sp.coo_array((old.data, (row, column)), shape=old.shape))


def _dealt(ends: np.ndarray, types: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``[E]`` neurons, permuted within types."""
    typed = np.flatnonzero(types[ends] >= 0)
    kinds = types[ends[typed]]
    mixed, dealt = np.lexsort((rng.random(len(typed)), kinds)), ends.copy()
    dealt[typed[np.argsort(kinds, kind="stable")]] = ends[typed[mixed]]
    return dealt


def _redrawn(
    home: sp.csr_array,
    bins: np.ndarray,
    edges: np.ndarray,
    found: np.ndarray,
    rng: np.random.Generator,
) -> sp.coo_array:
    """Connections of ``home``, each with the synapses of one of its bin on the other side."""
    twin = sp.coo_array(home)
    value = np.empty(twin.nnz)
    mine = np.searchsorted(edges, twin.data, "right")
    for place in np.unique(mine):
        asked = np.flatnonzero(mine == place)
        pool = found[bins == place]
        value[asked] = rng.choice(pool if len(pool) else found, len(asked))
    return sp.coo_array((value, (twin.row, twin.col)), shape=home.shape)


def _made(
    home: sp.csr_array, count: int, synapses: np.ndarray, rng: np.random.Generator
) -> sp.coo_array:
    """``count`` connections from a neuron to what its partners' other partners connect to."""
    if count == 0 or len(synapses) == 0:
        return sp.coo_array(home.shape)
    rows = np.repeat(np.arange(home.shape[0]), np.diff(home.indptr))
    into = sp.csc_array(home)
    first = rng.integers(home.nnz, size=count)
    middle = home.indices[first]
    other = into.indices[_one_of(into.indptr, middle, rng)]
    target = home.indices[_one_of(home.indptr, other, rng)]
    return sp.coo_array((rng.choice(synapses, count), (rows[first], target)), shape=home.shape)


def _one_of(starts: np.ndarray, lists: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random position within each of ``lists``."""
    size = starts[lists + 1] - starts[lists]
    return starts[lists] + (rng.random(len(lists)) * size).astype(starts.dtype)


def _joined(first: sp.coo_array, second: sp.coo_array, shape: tuple[int, int]) -> sp.csr_array:
    """Both; a connection that is in both keeps the synapses of the first, unless it is lost."""
    kept = first.data > 0
    row = np.concatenate([first.row[kept], second.row])
    column = np.concatenate([first.col[kept], second.col])
    value = np.concatenate([first.data[kept], second.data])
    _, place = np.unique(row.astype(np.int64) * shape[1] + column, return_index=True)
    return sp.csr_array((value[place], (row[place], column[place])), shape=shape)
