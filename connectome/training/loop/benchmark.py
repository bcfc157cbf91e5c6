"""One run against every kind of negative, at true prevalence, calibrated and broken down."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from connectome.data.splits import (
    REGIMES,
    REGIMES_VERSION,
    STRATA,
    STRATA_VERSION,
    WHOLE,
    EvaluationPairs,
    belongs,
    make_evaluation_pairs,
    strata,
    training_negatives,
)
from connectome.metrics.links import ALL_PAIRS, METRICS
from connectome.runs import load_evaluation_pairs, save_evaluation_pairs
from connectome.runtime import clear_parts
from connectome.scores import Scorer, fit_head
from connectome.training.batching import LinkDataModule
from connectome.training.loop.regime_scores import RegimeScores, Row, at_true_prevalence
from connectome.types import Connectome, InputError, LinkSplit, NotApplicableError

log = logging.getLogger(__name__)

SCORES = ("native", "head")
PairsByRegime = dict[str, tuple[EvaluationPairs, EvaluationPairs]]  # for validation and for testing


@dataclass(frozen=True)
class Benchmark:
    """What a run is scored on beyond AUC and AP with uniform negatives.

    Attributes:
        negatives: regimes of :data:`connectome.data.splits.negative_regimes.REGIMES`; ``all``
            takes those that the data allow and logs the others; empty scores nothing.
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
        """What determines the scores of a scorer, in plain values for JSON.

        With the names of all that is measured: a run that lacks some of it is scored again.
        """
        every = self.negatives == "all"
        return {
            "negatives": self.negatives if every else list(self.negatives),
            "regimes": list(REGIMES if every else self.negatives),
            "metrics": [m.name for m in METRICS.values() if m.of_pairs],
            "metrics_of_all_pairs": [m.name for m in METRICS.values() if m.of_ranking],
            "strata": list(STRATA),
            "strata_version": STRATA_VERSION,
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
        scores: columns ``score, numbers_per_neuron, negatives, metric, by, level, value, links,
            absent, absent_distinct``, see :mod:`connectome.training.loop.regime_scores`; the last
            two are empty where ranks alone are compared.
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
    evaluation_pairs = _drawn(datamodule, benchmark)
    scores: list[Row] = []
    calibration: list[Row] = []
    for name in benchmark.scores:
        rated = scorer if name == "native" else _with_head(scorer, datamodule)
        label = {"score": name, "numbers_per_neuron": rated.numbers_per_neuron}
        for regime, (val, test) in evaluation_pairs.items():
            regime_scores = RegimeScores.of(rated, val, test, datamodule.split.directed)
            of_regime = label | {"negatives": regime}
            scores += [of_regime | row for row in regime_scores.overall()]
            calibration += [of_regime | row for row in regime_scores.curve()]
            if name == "native":
                kinds = strata(
                    datamodule.connectome, datamodule.split, test.positives, test.negatives
                )
                scores += [of_regime | row for row in regime_scores.broken_down(kinds)]
        everything = label | {"negatives": ALL_PAIRS}
        ranked = at_true_prevalence(rated, datamodule, benchmark.max_sources)
        scores += [everything | row for row in ranked]
    return BenchmarkResult(pd.DataFrame(scores), pd.DataFrame(calibration))


def require_negatives(datamodule: LinkDataModule, benchmark: Benchmark) -> None:
    """Draw what ``benchmark`` asks for, so that a run does not end in finding that it cannot be.

    The audit of the split then says how many pairs each regime found.

    Raises:
        InputError: if a regime that was named cannot be drawn from the data.
    """
    if not benchmark.wanted:
        return
    if not datamodule.holds_out:
        raise InputError(
            f"split.protocol={WHOLE}: nothing is held out, so nothing can be scored; add "
            "benchmark=none, or choose another protocol"
        )
    _drawn(datamodule, benchmark)


def _drawn(datamodule: LinkDataModule, benchmark: Benchmark) -> PairsByRegime:
    """The regimes that are named, or all that the data allow, with both parts."""
    every = benchmark.negatives == "all"
    known = datamodule.audit.evaluation_pairs
    drawn: PairsByRegime = {}
    for name in REGIMES if every else benchmark.negatives:
        try:
            drawn[name] = _evaluation_pairs(datamodule, name, benchmark)
        except NotApplicableError as error:
            if not every:
                raise
            if not known:  # else it was said before training
                log.warning("left out: %s", error)
    counts = {
        name: dict(
            zip(("val", "test"), (c.counts(datamodule.split.directed) for c in pair), strict=True)
        )
        for name, pair in drawn.items()
    }
    datamodule.audit = replace(datamodule.audit, evaluation_pairs=counts)
    return drawn


def _evaluation_pairs(
    datamodule: LinkDataModule, regime: str, benchmark: Benchmark
) -> tuple[EvaluationPairs, EvaluationPairs]:
    source = datamodule.connectome, datamodule.split, regime
    return (
        _evaluation(*source, "val", benchmark.cache),
        _evaluation(*source, "test", benchmark.cache),
    )


@lru_cache(maxsize=64)
def _evaluation(
    connectome: Connectome, split: LinkSplit, regime: str, part: str, cache: str | None
) -> EvaluationPairs:
    """Made once and kept on disk, so that every method of a sweep meets the same pairs.

    Raises:
        InputError: if the file is damaged or holds something else.
        NotApplicableError: if the data do not allow the regime.
    """
    if cache is None:
        return make_evaluation_pairs(connectome, split, regime, part)
    made_from = f"{split.fingerprint}-{connectome.annotation_fingerprint}"
    path = Path(cache) / f"{made_from}-{regime}-v{REGIMES_VERSION}-{part}.npz"
    clear_parts(path.parent)  # of a job that was killed here; the file itself may be another's
    if path.is_file():
        evaluation = load_evaluation_pairs(path)
        if not belongs(evaluation, connectome, split, part):
            raise InputError(f"{path}: holds pairs of another split; delete it and repeat train.py")
        return evaluation
    evaluation = make_evaluation_pairs(connectome, split, regime, part)
    save_evaluation_pairs(path, evaluation)
    return evaluation


def _with_head(scorer: Scorer, datamodule: LinkDataModule) -> Scorer:
    split, graph = datamodule.split, datamodule.graph
    generator = torch.Generator().manual_seed(split.seed)
    negatives = training_negatives(split, generator)
    shuffled = torch.randperm(negatives.shape[1], generator=generator)
    return fit_head(scorer, graph, split.train, negatives[:, shuffled])
