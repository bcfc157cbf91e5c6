"""What a run is judged by while it trains: one number from its validation part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from connectome.data.splits import REGIMES, WHOLE, EvaluationPairs, make_evaluation_pairs
from connectome.metrics.links import LinkMetrics, scorer_metrics
from connectome.scores import Scorer
from connectome.types import Connectome, InputError, LinkSplit

USUAL = ("val/auc",)
OBJECTIVE = "val/objective"
MEASURES = ("auc", "ap")


@dataclass(frozen=True, eq=False)
class Objective:
    """The mean of some validation metrics, logged as ``val/objective``.

    Attributes:
        names: ``val/auc`` and ``val/ap`` (uniform negatives), ``val/auc_degree_matched`` and so on
            for each of :data:`connectome.data.splits.negative_regimes.REGIMES`.
        evaluation_pairs: validation links with their negatives, by regime.
    """

    names: tuple[str, ...] = USUAL
    evaluation_pairs: Mapping[str, EvaluationPairs] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Sequence[str], connectome: Connectome, split: LinkSplit) -> "Objective":
        """Draw the negatives that ``names`` ask for; none where nothing is held out.

        Raises:
            InputError: for an unknown metric, or none.
            NotApplicableError: if the data do not allow a regime.
        """
        regimes = dict.fromkeys(_regime(name) for name in names)
        if not regimes:
            raise InputError("objective=[]: name at least one metric, such as val/auc")
        evaluation_pairs = {
            regime: _evaluation(connectome, split, regime)
            for regime in regimes
            if regime is not None and split.protocol != WHOLE
        }
        return cls(tuple(names), evaluation_pairs)

    def measure(self, scorer: Scorer, uniform: LinkMetrics) -> dict[str, float]:
        """Metrics under every regime, and ``val/objective``.

        Args:
            scorer: what to measure.
            uniform: what is known already: the metrics with uniform negatives.
        """
        values = {"val/auc": uniform.auc, "val/ap": uniform.ap}
        for regime, evaluation in self.evaluation_pairs.items():
            found = scorer_metrics(scorer, evaluation.positives, evaluation.negatives)
            values |= {f"val/auc_{regime}": found.auc, f"val/ap_{regime}": found.ap}
        values[OBJECTIVE] = float(np.mean([values[name] for name in self.names]))
        return values


@lru_cache(maxsize=16)
def _evaluation(connectome: Connectome, split: LinkSplit, regime: str) -> EvaluationPairs:
    return make_evaluation_pairs(connectome, split, regime, "val")


def _regime(name: str) -> str | None:
    """The regime in the name of a metric; None for the negatives that every split has."""
    measure, _, regime = name.removeprefix("val/").partition("_")
    if name.startswith("val/") and measure in MEASURES and regime in ("", *REGIMES):
        return regime or None
    known = [f"val/{measure}" for measure in MEASURES]
    known += [f"val/auc_{regime}" for regime in REGIMES]
    raise InputError(f"objective=[{name}]: choose among {', '.join(known)}")
