"""Rows of the benchmark's tables: held-out links against the negatives of one regime, or all pairs.

``links`` of a row are held-out links, ``absent`` the unconnected pairs that they compete with, and
``absent_distinct`` how many of those are different pairs: a regime may run out of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from connectome.data.splits import EvaluationPairs, Stratum, distinct_pairs, strata
from connectome.metrics.links import (
    METRICS,
    Calibrator,
    ScoredPairs,
    fit_calibrator,
    rank_test_links,
    reliability,
)
from connectome.scores import Scorer
from connectome.training.batching import LinkDataModule

OVERALL = "all"
Row = dict[str, object]
MIN_PAIRS = 30  # a stratum with fewer links or negatives has no number


@dataclass(frozen=True, eq=False)
class RegimeScores:
    """Test scores of one method under one regime, and its calibration on validation.

    Attributes:
        evaluation: the test links and their negatives.
        directed: whether a pair and its reverse are different.
        positive, negative: ``[P]`` and ``[Q]``, their scores.
        calibrator: fitted on the validation links and theirs.
    """

    evaluation: EvaluationPairs
    directed: bool
    positive: Tensor
    negative: Tensor
    calibrator: Calibrator

    @classmethod
    def of(
        cls, scorer: Scorer, val: EvaluationPairs, test: EvaluationPairs, directed: bool
    ) -> "RegimeScores":
        """Score both parts."""
        sets = (val.positives, val.negatives, test.positives, test.negatives)
        parts = scorer.score_pairs(torch.cat(sets, dim=1)).split([s.shape[1] for s in sets])
        return cls(test, directed, parts[2], parts[3], fit_calibrator(parts[0], parts[1]))

    def overall(self) -> Iterator[Row]:
        """Metrics over all test links."""
        every = np.ones(len(self.positive), dtype=bool), np.ones(len(self.negative), dtype=bool)
        yield from self._rows(*every, OVERALL, OVERALL)

    def broken_down(self, kinds: Sequence[Stratum]) -> Iterator[Row]:
        """Metrics by stratum, with at least 30 links and negatives.

        Metrics that depend on the mix take as many negatives as links (both come in
        random order), like the calibrator.
        """
        for kind in kinds:
            mask = kind.negatives
            if mask is None:
                paired = self.evaluation.paired
                mask = kind.positives if paired else np.ones(len(self.negative), dtype=bool)
            if min(kind.positives.sum(), mask.sum()) >= MIN_PAIRS:
                yield from self._rows(kind.positives, mask, kind.by, kind.level)

    def curve(self) -> Iterator[Row]:
        """Reliability of the calibrated probabilities, a row a bin that is not empty."""
        every = self._scored(self.positive, self.negative)
        bins = reliability(every.probability, every.label)
        for confidence, frequency, count in zip(
            bins.confidence, bins.frequency, bins.count, strict=True
        ):
            if count:
                yield {"confidence": confidence, "frequency": frequency, "count": int(count)}

    def _rows(self, links: np.ndarray, absent: np.ndarray, by: str, level: str) -> Iterator[Row]:
        positive, negative = self.positive[links], self.negative[absent]
        place = {
            "by": by,
            "level": level,
            "links": len(positive),
            "absent": len(negative),
            "absent_distinct": distinct_pairs(self.evaluation.negatives[:, absent], self.directed),
        }
        every = even = self._scored(positive, negative)
        if by != OVERALL:
            count = min(len(positive), len(negative))
            even = self._scored(positive[:count], negative[:count])
        for name, metric in METRICS.items():
            if metric.of_pairs is not None:
                value = metric.of_pairs(even if metric.mix_matters else every)
                yield {"metric": name, "value": value} | place

    def _scored(self, positive: Tensor, negative: Tensor) -> ScoredPairs:
        return ScoredPairs(positive, negative, self.calibrator)


def at_true_prevalence(
    scorer: Scorer, datamodule: LinkDataModule, max_sources: int
) -> Iterator[Row]:
    """Metrics of test links among all unconnected pairs, all and by stratum."""
    split = datamodule.split
    ranking = rank_test_links(scorer, split, max_sources)
    whole = {"by": OVERALL, "level": OVERALL, "links": ranking.links.shape[1]}
    for name, metric in METRICS.items():
        if metric.of_ranking is not None:
            value = metric.of_ranking(ranking)
            yield {"metric": name, "value": value, "absent": ranking.pairs} | whole
    for kind in strata(datamodule.connectome, split, ranking.links, ranking.links[:, :1]):
        place = {"by": kind.by, "level": kind.level, "links": int(kind.positives.sum())}
        part = ranking.chosen(kind.positives)
        for name, metric in METRICS.items():
            if metric.of_ranking is not None and metric.by_stratum:
                yield {"metric": name, "value": metric.of_ranking(part)} | place
