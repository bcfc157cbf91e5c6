"""Rows of the benchmark's tables: held-out links against the negatives of one regime, or all pairs.

``links`` of a row are held-out links, ``absent`` the unconnected pairs that they compete with, and
``absent_distinct`` how many of those are different pairs: a regime may run out of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from connectome.data import Contest, Stratum, distinct_pairs, strata
from connectome.metrics import (
    RANKING_METRICS,
    Calibrator,
    brier_score,
    fit_calibrator,
    link_metrics,
    rank_test_links,
    reliability,
)
from connectome.scores import Scorer
from connectome.training.datamodule import LinkDataModule

OVERALL = "all"
Row = dict[str, object]
MIN_PAIRS = 30  # a stratum with fewer links or negatives has no number
CONTEST_METRICS = ("auc", "ap", "brier", "ece")
PREVALENCE_METRICS = ("ap", *RANKING_METRICS)


@dataclass(frozen=True, eq=False)
class Duel:
    """Test scores of one method under one regime, and its calibration on validation.

    Attributes:
        contest: the test links and their negatives.
        directed: whether a pair and its reverse are different.
        positive, negative: their scores.
        calibrator: fitted on the validation links and theirs.
    """

    contest: Contest
    directed: bool
    positive: Tensor
    negative: Tensor
    calibrator: Calibrator

    @classmethod
    def of(cls, scorer: Scorer, val: Contest, test: Contest, directed: bool) -> "Duel":
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

        All but AUC depend on the mix, so they take as many negatives as links (both come in
        random order), like the calibrator.
        """
        for kind in kinds:
            mask = kind.negatives
            if mask is None:
                paired = self.contest.paired
                mask = kind.positives if paired else np.ones(len(self.negative), dtype=bool)
            if min(kind.positives.sum(), mask.sum()) >= MIN_PAIRS:
                yield from self._rows(kind.positives, mask, kind.by, kind.level)

    def curve(self) -> Iterator[Row]:
        """Reliability of the calibrated probabilities, a row a bin that is not empty."""
        bins = reliability(*self._predictions(self.positive, self.negative))
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
            "absent_distinct": distinct_pairs(self.contest.negatives[:, absent], self.directed),
        }
        auc = link_metrics(positive, negative).auc
        if by != OVERALL:
            count = min(len(positive), len(negative))
            positive, negative = positive[:count], negative[:count]
        probability, label = self._predictions(positive, negative)
        values = (
            auc,
            link_metrics(positive, negative).ap,
            brier_score(probability, label),
            reliability(probability, label).expected_error,
        )
        for name, value in zip(CONTEST_METRICS, values, strict=True):
            yield {"metric": name, "value": value} | place

    def _predictions(self, positive: Tensor, negative: Tensor) -> tuple[np.ndarray, np.ndarray]:
        scores = torch.cat([positive, negative]).double().numpy()
        return self.calibrator(scores), np.repeat([1.0, 0.0], [len(positive), len(negative)])


def at_true_prevalence(
    scorer: Scorer, datamodule: LinkDataModule, max_sources: int
) -> Iterator[Row]:
    """Metrics of test links among all unconnected pairs, all and by stratum."""
    split = datamodule.split
    ranking = rank_test_links(scorer, split, max_sources)
    whole = {"by": OVERALL, "level": OVERALL, "links": ranking.links.shape[1]}
    found = {"ap": ranking.average_precision} | ranking.metrics()
    for name in PREVALENCE_METRICS:
        yield {"metric": name, "value": found[name], "absent": ranking.pairs} | whole
    for kind in strata(datamodule.connectome, split, ranking.links, ranking.links[:, :1]):
        place = {"by": kind.by, "level": kind.level, "links": int(kind.positives.sum())}
        values = ranking.metrics(kind.positives)
        yield from ({"metric": name, "value": value} | place for name, value in values.items())
