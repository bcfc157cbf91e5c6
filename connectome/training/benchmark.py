"""One run against every kind of negative, at true prevalence, calibrated and broken down."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from connectome.data import (
    REGIMES,
    REGIMES_VERSION,
    WHOLE,
    AbsentPairs,
    Contest,
    Stratum,
    belongs,
    load_contest,
    make_contest,
    save_contest,
    strata,
)
from connectome.data.writing import clear_parts
from connectome.metrics import (
    Calibrator,
    brier_score,
    fit_calibrator,
    link_metrics,
    rank_test_links,
    reliability,
)
from connectome.scores import Scorer, fit_head
from connectome.training.datamodule import LinkDataModule
from connectome.types import Connectome, InputError, LinkSplit, NotApplicableError

log = logging.getLogger(__name__)

SCORES = ("native", "head")
ALL_PAIRS = "all_pairs"  # the 'negatives' of metrics at true prevalence
OVERALL = "all"
Row = dict[str, object]
Contests = dict[str, tuple[Contest, Contest]]  # for validation and for testing
MIN_PAIRS = 30  # a stratum with fewer links or negatives has no number


@dataclass(frozen=True)
class Benchmark:
    """What a run is scored on beyond AUC and AP with uniform negatives.

    Attributes:
        negatives: regimes of :data:`connectome.data.REGIMES`; ``all`` takes those that the data
            allow and logs the others; empty scores nothing.
        scores: ``native`` (the method's own) and ``head`` (one head for all methods, fitted on
            training links).
        max_sources: more presynaptic neurons are sampled for the metrics at true prevalence.
        cache: folder for the negatives, which take time to find; None keeps none.

    Raises:
        InputError: for an unknown regime or score.
    """

    negatives: Sequence[str] | str = ()
    scores: Sequence[str] = SCORES
    max_sources: int = 5000
    cache: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.negatives, str) and self.negatives != "all":
            raise InputError(
                f"benchmark.negatives={self.negatives}: give a list, '[{self.negatives}]', or all"
            )
        for name in () if self.negatives == "all" else self.negatives:
            if name not in REGIMES:
                raise InputError(
                    f"benchmark.negatives={name}: choose among {', '.join(REGIMES)}, or all"
                )
        for name in self.scores:
            if name not in SCORES:
                raise InputError(f"benchmark.scores={name}: choose among {', '.join(SCORES)}")
        if not self.scores:
            raise InputError(f"benchmark.scores=[]: name one of {', '.join(SCORES)}, or both")
        if self.max_sources < 1:
            raise InputError(f"benchmark.max_sources={self.max_sources}: must be at least 1")

    def record(self, connectome: Connectome) -> dict[str, Any]:
        """What determines the scores of a scorer, in plain values for JSON."""
        negatives = self.negatives if self.negatives == "all" else list(self.negatives)
        return {
            "negatives": negatives,
            "scores": list(self.scores),
            "max_sources": self.max_sources,
            "regimes_version": REGIMES_VERSION,
            "annotations": connectome.annotation_fingerprint,
        }

    @property
    def wanted(self) -> bool:
        """Whether there is anything to score."""
        return bool(self.negatives)


@dataclass(frozen=True, eq=False)
class BenchmarkResult:
    """Two tables in long form.

    Attributes:
        scores: columns ``score, numbers_per_neuron, negatives, metric, by, level, value, links``.
        calibration: columns ``score, numbers_per_neuron, negatives, confidence, frequency, count``.
    """

    scores: pd.DataFrame
    calibration: pd.DataFrame


def run_benchmark(
    scorer: Scorer, datamodule: LinkDataModule, benchmark: Benchmark
) -> BenchmarkResult:
    """Score a finished run.

    Raises:
        InputError: if a regime that was named cannot be drawn from the data.
    """
    contests = _drawn(datamodule, benchmark)
    scores: list[Row] = []
    calibration: list[Row] = []
    for name in benchmark.scores:
        rated = scorer if name == "native" else _with_head(scorer, datamodule)
        label = {"score": name, "numbers_per_neuron": rated.numbers_per_neuron}
        for regime, (val, test) in contests.items():
            duel = _Duel.of(rated, val, test)
            of_regime = label | {"negatives": regime}
            scores += [of_regime | row for row in duel.overall()]
            calibration += [of_regime | row for row in duel.curve()]
            if name == "native":
                kinds = strata(
                    datamodule.connectome, datamodule.split, test.positives, test.negatives
                )
                scores += [of_regime | row for row in duel.broken_down(kinds, test.paired)]
        everything = label | {"negatives": ALL_PAIRS}
        scores += [everything | row for row in _at_true_prevalence(rated, datamodule, benchmark)]
    return BenchmarkResult(pd.DataFrame(scores), pd.DataFrame(calibration))


def require_negatives(datamodule: LinkDataModule, benchmark: Benchmark) -> None:
    """Draw what ``benchmark`` names, so that a run does not end in finding that it cannot be.

    Raises:
        InputError: if a regime that was named cannot be drawn from the data.
    """
    if benchmark.wanted and not datamodule.holds_out:
        raise InputError(
            f"split.protocol={WHOLE}: nothing is held out, so nothing can be scored; add "
            "benchmark=none, or choose another protocol"
        )
    if benchmark.negatives != "all":
        for name in benchmark.negatives:
            _contests(datamodule, name, benchmark)


def _drawn(datamodule: LinkDataModule, benchmark: Benchmark) -> Contests:
    """The regimes that are named, or all that the data allow, with both parts."""
    if benchmark.negatives != "all":
        return {name: _contests(datamodule, name, benchmark) for name in benchmark.negatives}
    allowed = {}
    for name in REGIMES:
        try:
            allowed[name] = _contests(datamodule, name, benchmark)
        except NotApplicableError as error:
            log.warning("left out: %s", error)
    return allowed


def _contests(
    datamodule: LinkDataModule, regime: str, benchmark: Benchmark
) -> tuple[Contest, Contest]:
    source = datamodule.connectome, datamodule.split, regime
    return (
        _contest(*source, "val", benchmark.cache),
        _contest(*source, "test", benchmark.cache),
    )


@lru_cache(maxsize=64)
def _contest(
    connectome: Connectome, split: LinkSplit, regime: str, part: str, cache: str | None
) -> Contest:
    """Made once and kept on disk, so that every method of a sweep meets the same pairs.

    Raises:
        InputError: if the file is damaged or holds something else.
        NotApplicableError: if the data do not allow the regime.
    """
    if cache is None:
        return make_contest(connectome, split, regime, part)
    made_from = f"{split.fingerprint}-{connectome.annotation_fingerprint}"
    path = Path(cache) / f"{made_from}-{regime}-v{REGIMES_VERSION}-{part}.npz"
    clear_parts(path.parent)  # of a job that was killed here; the file itself may be another's
    if path.is_file():
        contest = load_contest(path)
        if not belongs(contest, connectome, split, part):
            raise InputError(f"{path}: holds pairs of another split; delete it and repeat train.py")
        return contest
    contest = make_contest(connectome, split, regime, part)
    save_contest(path, contest)
    return contest


def _with_head(scorer: Scorer, datamodule: LinkDataModule) -> Scorer:
    split, graph = datamodule.split, datamodule.graph
    n, sizes = split.num_neurons, split.member_sizes
    absent = AbsentPairs.of(split.message_edges, n, split.directed, sizes)
    generator = torch.Generator().manual_seed(split.seed)
    negatives = absent.sample(split.train.shape[1], generator)
    shuffled = torch.randperm(negatives.shape[1], generator=generator)
    return fit_head(scorer, graph, split.train, negatives[:, shuffled])


@dataclass(frozen=True, eq=False)
class _Duel:
    """Test scores of one method under one regime, and its calibration on validation."""

    positive: Tensor
    negative: Tensor
    calibrator: Calibrator

    @classmethod
    def of(cls, scorer: Scorer, val: Contest, test: Contest) -> "_Duel":
        sets = (val.positives, val.negatives, test.positives, test.negatives)
        parts = scorer.score_pairs(torch.cat(sets, dim=1)).split([s.shape[1] for s in sets])
        return cls(parts[2], parts[3], fit_calibrator(parts[0], parts[1]))

    def overall(self) -> Iterator[Row]:
        yield from self._rows(self.positive, self.negative, OVERALL, OVERALL)

    def broken_down(self, kinds: Sequence[Stratum], paired: bool) -> Iterator[Row]:
        """Metrics by stratum, with at least 30 links and negatives.

        All but AUC depend on the mix, so they take as many negatives as links (both come in
        random order), like the calibrator.
        """
        for kind in kinds:
            mask = kind.negatives
            if mask is None:
                mask = kind.positives if paired else np.ones(len(self.negative), dtype=bool)
            positive, negative = self.positive[kind.positives], self.negative[mask]
            if min(len(positive), len(negative)) < MIN_PAIRS:
                continue
            yield from self._rows(positive, negative, kind.by, kind.level)

    def curve(self) -> Iterator[Row]:
        bins = reliability(*self._predictions(self.positive, self.negative))
        for confidence, frequency, count in zip(
            bins.confidence, bins.frequency, bins.count, strict=True
        ):
            if count:
                yield {"confidence": confidence, "frequency": frequency, "count": int(count)}

    def _rows(self, positive: Tensor, negative: Tensor, by: str, level: str) -> Iterator[Row]:
        place = {"by": by, "level": level, "links": len(positive)}
        values = {"auc": link_metrics(positive, negative).auc}
        if by != OVERALL:
            count = min(len(positive), len(negative))
            positive, negative = positive[:count], negative[:count]
        probability, label = self._predictions(positive, negative)
        values |= {
            "ap": link_metrics(positive, negative).ap,
            "brier": brier_score(probability, label),
            "ece": reliability(probability, label).expected_error,
        }
        yield from ({"metric": name, "value": value} | place for name, value in values.items())

    def _predictions(self, positive: Tensor, negative: Tensor) -> tuple[np.ndarray, np.ndarray]:
        scores = torch.cat([positive, negative]).double().numpy()
        return self.calibrator(scores), np.repeat([1.0, 0.0], [len(positive), len(negative)])


def _at_true_prevalence(
    scorer: Scorer, datamodule: LinkDataModule, benchmark: Benchmark
) -> Iterator[Row]:
    split = datamodule.split
    ranking = rank_test_links(scorer, split, benchmark.max_sources)
    whole = {"by": OVERALL, "level": OVERALL, "links": ranking.links.shape[1]}
    overall = {"ap": ranking.average_precision} | ranking.metrics()
    yield from ({"metric": name, "value": value} | whole for name, value in overall.items())
    for kind in strata(datamodule.connectome, split, ranking.links, ranking.links[:, :1]):
        place = {"by": kind.by, "level": kind.level, "links": int(kind.positives.sum())}
        values = ranking.metrics(kind.positives)
        yield from ({"metric": name, "value": value} | place for name, value in values.items())
