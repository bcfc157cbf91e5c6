"""How good predicted cell types are, on neurons whose type was not told."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import adjusted_rand_score

from connectome.analysis.cell_typing.measured import Cost
from connectome.metrics.links import reliability
from connectome.models.cell_typing import Voted

PRECISION = 0.95  # of the scores that are named after it
WORST = 4  # times as likely wrong as the kept are on average, at most, may one of them be


@dataclass(frozen=True, eq=False)
class Typing:
    """What a method says of each of ``N`` neurons.

    Attributes:
        best: ``[N]`` int64 likeliest type, -1 where there is nothing to go by.
        runner_up: ``[N]`` int64 second, -1 for none.
        confidence: ``[N]`` probability that ``best`` is right, 0 where there is none; NaN where the
            method could not be calibrated.
        trouble: why it could not, empty if it could.
        voted: what partners said beside the wiring; None where nobody was asked.
    """

    best: np.ndarray
    runner_up: np.ndarray
    confidence: np.ndarray
    trouble: str = ""
    voted: Voted | None = None


@dataclass(frozen=True)
class Scores:
    """Figures of merit over the ``asked`` neurons: labelled, and not told.

    Attributes:
        accuracy: share whose type is predicted; no answer counts as wrong.
        macro_f1: mean F1 over types that are asked for or predicted.
        macro_f1_left: the same over types that are asked for.
        macro_recall: mean share found of each type that is asked for.
        ari: adjusted Rand index (Hubert & Arabie 1985, doi:10.1007/BF01908075).
        answered: share with an answer at all; the others have no connection left.
        coverage_at_95: share that is typed when 95% of the answers kept are expected to be right.
        precision_at_95: share of those that is right.
        ece: expected calibration error of the confidence, ten bins (Guo et al. 2017,
            arXiv:1706.04599).
        untold_refused: of the neurons of types of which none was told, the share that is not typed
            at that threshold; NaN without any.
        told, asked, types, types_told: counts of neurons and types; ``types`` are those of all
            labelled neurons.
        seconds: CPU seconds that it took, the confidence included; NaN where nobody counted.
        peak_mb: largest memory above that at the start, MB; NaN where nobody counted.
    """

    accuracy: float
    macro_f1: float
    macro_f1_left: float
    macro_recall: float
    ari: float
    answered: float
    coverage_at_95: float
    precision_at_95: float
    ece: float
    untold_refused: float
    told: int
    asked: int
    types: int
    types_told: int
    seconds: float = float("nan")
    peak_mb: float = float("nan")


def score(
    truth: np.ndarray,
    known: np.ndarray,
    asked: np.ndarray,
    typing: Typing,
    cost: Cost | None = None,
) -> Scores:
    """Compare predictions with the truth.

    Args:
        truth: ``[N]`` int64 types, -1 where unknown.
        known: ``[M]`` int64 types that were told, -1 where none was; of these neurons or of others.
        asked: ``[N]`` bool, the neurons to be judged by, all of known truth.
        typing: what is judged.
        cost: what it took.
    """
    true, best = truth[asked], typing.best[asked]
    told_types = np.unique(known[known >= 0])
    limit = threshold(typing.confidence[asked], best, PRECISION)
    sure = typing.confidence[asked]
    kept = (best >= 0) & (sure >= limit)
    right = true == best
    untold = ~np.isin(true, told_types)
    calibrated = len(true) > 0 and not np.isnan(sure).any()
    unknown = float("nan")
    every, left, recall = _f1(true, best)
    return Scores(
        accuracy=_share(right),
        macro_f1=every,
        macro_f1_left=left,
        macro_recall=recall,
        ari=float(adjusted_rand_score(true, best)) if len(true) else unknown,
        answered=_share(best >= 0),
        coverage_at_95=_share(kept) if calibrated else unknown,
        precision_at_95=_share(right[kept]) if calibrated else unknown,
        ece=reliability(sure, right.astype(float)).expected_error if calibrated else unknown,
        untold_refused=_share(~kept[untold]) if calibrated else unknown,
        told=int((known >= 0).sum()),
        asked=len(true),
        types=len(np.unique(truth[truth >= 0])),
        types_told=len(told_types),
        seconds=unknown if cost is None else cost.seconds,
        peak_mb=unknown if cost is None else cost.peak_mb,
    )


def threshold(confidence: np.ndarray, best: np.ndarray, precision: float) -> float:
    """Lowest confidence to keep so that the kept are right with ``precision`` on average.

    The confidence alone decides, no label: the mean over the neurons that are kept is at least
    ``precision``. Neurons of one confidence stand or fall together. Sure neurons do not pay for
    doubtful ones: none is kept that is more than ``WORST`` times as likely wrong as the kept may be
    (below .8 at a precision of .95), or more likely wrong than right.

    Args:
        confidence: ``[A]`` probability of being right.
        best: ``[A]`` predicted types, -1 for no answer.
        precision: share of the kept that is to be right.

    Returns:
        A confidence; infinity if none is enough, or if the confidence is not known.
    """
    sure = np.sort(confidence[(best >= 0) & ~np.isnan(confidence)])[::-1]
    mean = sure.cumsum() / np.arange(1, len(sure) + 1)
    last = np.append(sure[1:] != sure[:-1], True)[: len(sure)]
    enough = np.flatnonzero((mean >= precision) & last)
    floor = max(0.5, 1 - WORST * (1 - precision))
    return max(float(sure[enough[-1]]), floor) if len(enough) else float("inf")


def recalls(true: np.ndarray, best: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Types that occur in ``true`` ``[A]``, their neurons, and the share found, ``[T]`` each.

    ``best`` ``[A]`` are the predicted types.
    """
    types, row = np.unique(true, return_inverse=True)
    count = np.bincount(row, minlength=len(types))
    return types, count, np.bincount(row[true == best], minlength=len(types)) / np.maximum(count, 1)


def _f1(true: np.ndarray, best: np.ndarray) -> tuple[float, float, float]:
    """Mean F1 over types asked for or predicted, over those asked for, and mean recall."""
    if not len(true):
        return (float("nan"),) * 3
    size = int(max(true.max(), best.max())) + 1
    asked, given = (np.bincount(x[x >= 0], minlength=size) for x in (true, best))
    found = np.bincount(true[true == best], minlength=size)
    f1 = 2 * found / np.maximum(asked + given, 1)
    recall = found / np.maximum(asked, 1)
    return (
        float(f1[(asked + given) > 0].mean()),
        float(f1[asked > 0].mean()),
        float(recall[asked > 0].mean()),
    )


def _share(which: np.ndarray) -> float:
    return float(which.mean()) if len(which) else float("nan")
