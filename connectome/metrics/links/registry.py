"""The metrics of the leaderboard: one row each, from its function to where it is shown.

A new metric is a row of :data:`METRICS`, and nothing else: the benchmark measures it, its name
joins the record of the benchmark (so complete runs without it are scored again), and tables and
figures show it where the row says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from connectome.metrics.links.calibration import Calibrator, brier_score, reliability
from connectome.metrics.links.links import LinkMetrics, link_metrics
from connectome.metrics.links.ranking import Ranking
from connectome.types import InputError

HITS_AT = (1, 10, 50)
EACH = "each"  # in Metric.columns: every kind of negatives that was drawn
ALL_PAIRS = "all_pairs"  # the 'negatives' of metrics among all unconnected pairs


@dataclass(frozen=True, eq=False)
class ScoredPairs:
    """Held-out links and the unconnected pairs that they compete with, scored.

    Attributes:
        positive: ``[P]`` scores of the links.
        negative: ``[Q]`` scores of the unconnected pairs.
        calibrator: fitted on validation pairs of the same kind.
    """

    positive: Tensor
    negative: Tensor
    calibrator: Calibrator

    @cached_property
    def ranking(self) -> LinkMetrics:
        """AUC and average precision of the scores.

        Raises:
            InputError: if a score is NaN or infinite.
        """
        return link_metrics(self.positive, self.negative)

    @cached_property
    def probability(self) -> np.ndarray:
        """``[P + Q]`` float64 calibrated probability of each pair, links first."""
        return self.calibrator(torch.cat([self.positive, self.negative]).double().numpy())

    @cached_property
    def label(self) -> np.ndarray:
        """``[P + Q]`` float64, 1 for links and 0 for unconnected pairs."""
        return np.repeat([1.0, 0.0], [len(self.positive), len(self.negative)])


@dataclass(frozen=True)
class Metric:
    """One metric of the leaderboard.

    Attributes:
        name: in tables and in the record of the benchmark, such as ``auc``.
        of_pairs: its value for test links against the negatives of one regime; None without.
        of_ranking: its value for test links among all unconnected pairs; None without.
        higher_is_better: which way round it is read.
        mix_matters: whether the value depends on how many negatives there are for a link. Within a
            stratum such a metric takes as many negatives as links.
        by_stratum: whether ``of_ranking`` means something for a part of the test links.
        compared: whether methods are compared pair by pair (``differences.csv``).
        columns: negatives with a column in ``leaderboard.md``; ``each`` for all regimes.
        panels: negatives with a panel in the figures against dimension and size, and its label.
        ablation: negatives with a column and a panel in the ablation, and its heading.

    Raises:
        InputError: without a name or a function, or in the ablation without being compared.
    """

    name: str
    of_pairs: Callable[[ScoredPairs], float] | None = None
    of_ranking: Callable[[Ranking], float] | None = None
    higher_is_better: bool = True
    mix_matters: bool = True
    by_stratum: bool = True
    compared: bool = False
    columns: tuple[str, ...] = ()
    panels: Mapping[str, str] = field(default_factory=dict)
    ablation: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("metric '': has no name; give name=...")
        if self.of_pairs is None and self.of_ranking is None:
            raise InputError(f"metric '{self.name}': give it of_pairs, of_ranking or both")
        if self.ablation and not self.compared:
            raise InputError(f"metric '{self.name}': an ablation compares; give compared=True")


_ROWS = (
    Metric(
        "auc",
        of_pairs=lambda pairs: pairs.ranking.auc,
        mix_matters=False,
        compared=True,
        columns=(EACH,),
        panels={
            "uniform": "ROC-AUC, uniform negatives",
            "degree_matched": "ROC-AUC, degree-matched negatives",
        },
        ablation={
            "uniform": "AUC uniform",
            "degree_matched": "AUC degree-matched",
            "reversed": "AUC reversed",
        },
    ),
    Metric(
        "ap",
        of_pairs=lambda pairs: pairs.ranking.ap,
        of_ranking=lambda ranking: ranking.average_precision,
        by_stratum=False,
        compared=True,
        columns=(ALL_PAIRS,),
        panels={ALL_PAIRS: "average precision, true prevalence"},
        ablation={ALL_PAIRS: "AP true prevalence"},
    ),
    Metric(
        "mrr",
        of_ranking=lambda ranking: ranking.reciprocal,
        compared=True,
        columns=(ALL_PAIRS,),
        panels={ALL_PAIRS: "filtered MRR"},
        ablation={ALL_PAIRS: "MRR true prevalence"},
    ),
    *(
        Metric(
            f"hits@{k}",
            of_ranking=partial(Ranking.hits_at, k=k),
            compared=k == 10,
            columns=(ALL_PAIRS,) if k == 10 else (),
        )
        for k in HITS_AT
    ),
    Metric(
        "brier",
        of_pairs=lambda pairs: brier_score(pairs.probability, pairs.label),
        higher_is_better=False,
    ),
    Metric(
        "ece",
        of_pairs=lambda pairs: reliability(pairs.probability, pairs.label).expected_error,
        higher_is_better=False,
        columns=("uniform",),
    ),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ROWS}  # in the order of tables
