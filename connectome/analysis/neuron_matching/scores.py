"""How good a matching of two brains is, by pairs and types that were not told."""

from dataclasses import dataclass

import numpy as np

from connectome.analysis.cell_typing import Cost
from connectome.analysis.neuron_matching.truth import Truth
from connectome.metrics.links import reliability

SURE = 0.9  # confidence of the scores that are named after it
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Pairing:
    """What a method says of each of ``N`` neurons.

    Attributes:
        best: ``[N]`` int64 partner in the other brain, -1 for none.
        runner_up: ``[N]`` int64 second, -1 for none.
        confidence: ``[N]`` probability that ``best`` is right, 0 where there is none; NaN where the
            method has no confidence.
        mutual: ``[N]`` bool, whether a neuron is the best of its best.
        trouble: why there is no confidence, empty if there is one.
    """

    best: np.ndarray
    runner_up: np.ndarray
    confidence: np.ndarray
    mutual: np.ndarray
    trouble: str = ""

    @classmethod
    def unsure(cls, best: np.ndarray) -> "Pairing":
        """Partners ``best`` ``[N]`` of a method that says nothing else."""
        none = np.full(len(best), -1)
        return cls(best, none, np.full(len(best), NAN), np.zeros(len(best), dtype=bool))


@dataclass(frozen=True)
class MatchScores:
    """Figures of merit; NaN where nothing can be judged.

    Attributes:
        hits_at_1: share of the true pairs that are found; no partner counts as wrong.
        same_type: share of the neurons of a type of both brains whose partner is of it.
        same_type_connected: the same of neurons with a connection; of the others nothing can be
            known.
        coverage: share of the neurons with a partner.
        ece: expected calibration error of the confidence over the true pairs (Guo et al.
            2017, arXiv:1706.04599).
        sure: share of the true pairs' neurons with a confidence of .9 or more.
        right_of_sure: share of these that is right.
        pairs, typed, typed_connected: how many neurons the scores are over.
        agreement: weighted Jaccard of the wiring sent through the matching with the other brain's.
        seconds: CPU seconds of the matching.
        seconds_confidence: CPU seconds of the confidence beside it.
        peak_mb: largest memory above that at the start, MB.
    """

    hits_at_1: float = NAN
    same_type: float = NAN
    same_type_connected: float = NAN
    coverage: float = NAN
    ece: float = NAN
    sure: float = NAN
    right_of_sure: float = NAN
    pairs: int = 0
    typed: int = 0
    typed_connected: int = 0
    agreement: float = NAN
    seconds: float = NAN
    seconds_confidence: float = NAN
    peak_mb: float = NAN


@dataclass(frozen=True, eq=False)
class Asked:
    """The neurons that are judged: none that was told.

    Attributes:
        pairs: ``[P, 2]`` true pairs.
        typed: ``[T]`` neurons of a type of both brains.
        connected: ``[N]`` bool, neurons with a connection.
        code: ``[N]`` types, -1 where unknown or not in home.
        code_home: ``[M]`` types of home, -1 where unknown.
        told: ``[N]`` bool.
    """

    pairs: np.ndarray
    typed: np.ndarray
    connected: np.ndarray
    code: np.ndarray
    code_home: np.ndarray
    told: np.ndarray

    @classmethod
    def of(cls, truth: Truth, told: np.ndarray, connected: np.ndarray) -> "Asked":
        """Those that ``told`` ``[N]`` leaves, of neurons that may be ``connected`` ``[N]``."""
        pairs = truth.pairs[~told[truth.pairs[:, 0]]]
        typed = np.flatnonzero((truth.code >= 0) & ~told)
        return cls(pairs, typed, connected, truth.code, truth.code_home, told)


def score(
    asked: Asked,
    pairing: Pairing,
    agreement: float,
    cost: Cost | None = None,
    confidence_cost: Cost | None = None,
) -> MatchScores:
    """Compare a matching with the truth.

    Args:
        asked: what is judged.
        pairing: of the method.
        agreement: of the wiring.
        cost, confidence_cost: what it took.
    """
    right = right_pairs(asked, pairing)
    sure = pairing.confidence[asked.pairs[:, 0]]
    calibrated = len(sure) > 0 and not np.isnan(sure).any()
    kept = sure >= SURE
    theirs = np.append(asked.code_home, -1)[pairing.best[asked.typed]]
    same, wired = theirs == asked.code[asked.typed], asked.connected[asked.typed]
    return MatchScores(
        hits_at_1=_share(right),
        same_type=_share(same),
        same_type_connected=_share(same[wired]),
        coverage=_share(pairing.best[~asked.told] >= 0),
        ece=reliability(sure, right.astype(float)).expected_error if calibrated else NAN,
        sure=_share(kept) if calibrated else NAN,
        right_of_sure=_share(right[kept]) if calibrated else NAN,
        pairs=len(right),
        typed=len(same),
        typed_connected=int(wired.sum()),
        agreement=agreement,
        seconds=NAN if cost is None else cost.seconds,
        seconds_confidence=NAN if confidence_cost is None else confidence_cost.seconds,
        peak_mb=NAN if cost is None else cost.peak_mb,
    )


def right_pairs(asked: Asked, pairing: Pairing) -> np.ndarray:
    """``[P]`` bool: whether the true pairs that are judged were found."""
    return np.asarray(pairing.best[asked.pairs[:, 0]] == asked.pairs[:, 1])


def _share(which: np.ndarray) -> float:
    return float(which.mean()) if len(which) else NAN
