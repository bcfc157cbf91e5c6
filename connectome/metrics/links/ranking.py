"""Held-out links among *all* pairs that are not connected: what a reconstruction would face."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from connectome.scores import Scorer, row_blocks
from connectome.types import LinkSplit, member_codes

KEPT = 2**24  # scores, at most, that are kept for the second pass; of more they are made again


@dataclass(frozen=True, eq=False)
class Ranking:
    """Ranks of the held-out test links, and how many unconnected pairs outscore each.

    An undirected link is looked for from both of its neurons.

    Attributes:
        links: ``[2, P]`` test links that were ranked, presynaptic neuron first.
        rank: ``[P]`` float64, rank of the postsynaptic neuron among all neurons to which the
            presynaptic one has no other link of any part (the *filtered* rank of Bordes et al.
            2013); ties count half.
        above: ``[P]`` int64, unconnected pairs that score as high or higher.
        ahead: ``[P]`` int64, test links that score as high or higher, itself among them.
        pairs: number of unconnected pairs of the ranked sources.
    """

    links: Tensor
    rank: np.ndarray
    above: np.ndarray
    ahead: np.ndarray
    pairs: int

    @property
    def prevalence(self) -> float:
        """Share of test links among all candidates."""
        return self.links.shape[1] / (self.links.shape[1] + self.pairs)

    def chosen(self, links: np.ndarray) -> "Ranking":
        """The ranking of the test links in ``links`` ``[P]`` bool alone, among the same pairs."""
        parts = self.rank[links], self.above[links], self.ahead[links]
        return Ranking(self.links[:, torch.from_numpy(links)], *parts, self.pairs)

    @property
    def reciprocal(self) -> float:
        """Mean reciprocal rank (MRR)."""
        return float((1 / self.rank).mean())

    def hits_at(self, k: int) -> float:
        """Share of the links with rank ``k`` or better (Hits@k)."""
        return float((self.rank <= k).mean())

    @property
    def average_precision(self) -> float:
        """Average precision over all candidates, test links at their true prevalence.

        Precision is taken at the score of each test link, ties included: what scikit-learn's
        ``average_precision_score`` gives for the full list of candidates.
        """
        return float((self.ahead / (self.ahead + self.above)).mean())


def rank_test_links(scorer: Scorer, split: LinkSplit, max_sources: int = 5000) -> Ranking:
    """Rank every test link of ``split``; the rows of scores are made a block at a time.

    Args:
        scorer: the method.
        split: the split; links of its other parts are left out of the candidates.
        max_sources: more presynaptic neurons than these are sampled, from the seed of the split.
    """
    sources = _sources(split, max_sources)
    links = _both_ways(split, "train", "val", "test")
    known = _Adjacency.of(links, split.num_neurons, split.member_sizes)
    test = _both_ways(split, "test")
    test = test[:, torch.isin(test[0], sources)]
    test = test[:, (test[0] * split.num_neurons + test[1]).argsort()]
    blocks: Iterable[_Block] = _absent_scores(scorer, sources, known)
    if kept := len(sources) * split.num_neurons <= KEPT:
        blocks = [*blocks]
    scores, ranks = _first_pass(blocks, test)
    levels, level, count = np.unique(scores, return_inverse=True, return_counts=True)
    above, pairs = _second_pass(blocks if kept else _absent_scores(scorer, sources, known), levels)
    ahead = count[::-1].cumsum()[::-1]
    return Ranking(test, ranks, above[level], ahead[level], pairs)


@dataclass(frozen=True, eq=False)
class _Adjacency:
    """Known links as compressed rows, and ``[N]`` the brain of each neuron."""

    starts: Tensor
    columns: Tensor
    member: Tensor

    @classmethod
    def of(cls, pairs: Tensor, num_neurons: int, member_sizes: tuple[int, ...]) -> "_Adjacency":
        keys = (pairs[0] * num_neurons + pairs[1]).sort().values
        starts = torch.zeros(num_neurons + 1, dtype=torch.int64)
        starts[1:] = torch.bincount(keys // num_neurons, minlength=num_neurons).cumsum(0)
        return cls(starts, keys % num_neurons, member_codes(member_sizes, num_neurons))

    def row_of_each(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Position in ``rows`` and column of every link that starts there."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        inside = torch.repeat_interleave(torch.arange(len(rows)), lengths)
        offset = torch.arange(len(inside)) - (lengths.cumsum(0) - lengths)[inside]
        return inside, self.columns[self.starts[rows][inside] + offset]


def _both_ways(split: LinkSplit, *parts: str) -> Tensor:
    links = torch.cat([getattr(split, part) for part in parts], dim=1)
    return links if split.directed else torch.cat([links, links.flip(0)], dim=1)


def _sources(split: LinkSplit, max_sources: int) -> Tensor:
    generator = torch.Generator().manual_seed(split.seed)
    chosen = torch.randperm(split.num_neurons, generator=generator)[:max_sources]
    return (chosen if split.order is None else split.order[chosen]).sort().values


_Block = tuple[Tensor, Tensor, Tensor]


def _absent_scores(scorer: Scorer, sources: Tensor, known: _Adjacency) -> Iterator[_Block]:
    """Block of sources, their scores, and the same with all but unconnected pairs at -inf."""
    for block in row_blocks(sources, len(scorer.neuron_ids)):
        scores = scorer.score_rows(block)
        absent = scores.clone()
        absent[known.row_of_each(block)] = -torch.inf
        absent[torch.arange(len(block)), block] = -torch.inf
        if known.member[-1]:  # more brains than one
            absent[known.member[block][:, None] != known.member] = -torch.inf
        yield block, scores, absent


def _first_pass(blocks: Iterable[_Block], test: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Score and filtered rank of each test link."""
    values, ranks = [], []
    for block, scores, absent in blocks:
        inside = (test[0] >= block[0]) & (test[0] <= block[-1])
        row = torch.searchsorted(block, test[0, inside])
        value = scores[row, test[1, inside]]
        values.append(value.numpy())
        higher, as_high = _reached(absent, row, value)
        ranks.append(1 + (higher + as_high).numpy() / 2)
    return np.concatenate(values), np.concatenate(ranks)


def _reached(absent: Tensor, row: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """How many scores ``[B, N]`` of its row are above each value ``[P]``, and how many reach it.

    ``row`` ``[P]`` is sorted.
    """
    counts = torch.bincount(row, minlength=len(absent))
    place = torch.arange(len(row)) - (counts.cumsum(0) - counts)[row]
    asked = value.new_zeros(len(absent), int(counts.max()))
    asked[row, place] = value
    ordered = torch.from_numpy(np.sort(absent.numpy(), axis=1))  # several times faster than torch
    higher, as_high = (
        absent.shape[1] - torch.searchsorted(ordered, asked, right=right)[row, place]
        for right in (True, False)
    )
    return higher, as_high


def _second_pass(blocks: Iterable[_Block], levels: np.ndarray) -> tuple[np.ndarray, int]:
    """How many unconnected pairs reach each of the sorted ``levels``; how many there are."""
    reached = np.zeros(len(levels), dtype=np.int64)
    pairs = 0
    for _, _, absent in blocks:
        values = np.sort(absent.numpy(), axis=None)
        pairs += len(values) - int(np.searchsorted(values, -np.inf, side="right"))
        reached += len(values) - np.searchsorted(values, levels)
    return reached, pairs
