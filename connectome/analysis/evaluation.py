"""Recompute what training reported, from what it left behind."""

import math
from dataclasses import dataclass

import pandas as pd

from connectome.analysis.runs import Run
from connectome.data import reported_part, scored_parts
from connectome.data.storage import EMBEDDING, SPLIT, load_scorer, load_split
from connectome.metrics import LinkMetrics, scorer_metrics
from connectome.scores import Scorer
from connectome.types import InputError, LinkSplit


@dataclass(frozen=True)
class Recomputed:
    """Test metrics of one run, recomputed.

    Attributes:
        run: the run; without metrics if only its checkpoint is known.
        source: ``embedding`` or ``checkpoint``.
        metrics: recomputed test metrics.
    """

    run: Run
    source: str
    metrics: LinkMetrics

    @property
    def difference(self) -> float:
        """Largest absolute difference to what training wrote; NaN if that is not known."""
        if not self.run.metrics:
            return math.nan
        trained = self.run.link_metrics
        return max(abs(self.metrics.auc - trained.auc), abs(self.metrics.ap - trained.ap))


def score_test(scorer: Scorer, split: LinkSplit) -> LinkMetrics:
    """Score the test links of ``split``, or the training links where nothing is held out.

    Raises:
        InputError: if scorer and split are of different graphs.
    """
    if len(scorer.neuron_ids) != split.num_neurons:
        raise InputError(
            f"{scorer.method}: embedding of {len(scorer.neuron_ids)} neurons, split of "
            f"{split.num_neurons}; they are not of the same run"
        )
    return scorer_metrics(scorer, *scored_parts(split)[reported_part(split.protocol)])


def from_embedding(run: Run) -> Recomputed:
    """Recompute from the saved embedding and split; needs neither model nor data."""
    scorer = load_scorer(run.path / EMBEDDING)
    return Recomputed(run, "embedding", score_test(scorer, load_split(run.path / SPLIT)))


def as_table(results: list[Recomputed]) -> pd.DataFrame:
    """One row a recomputation, with the largest difference to training."""
    return pd.DataFrame(
        {
            "run": [result.run.path.name for result in results],
            "model": [result.run.method for result in results],
            "latent_dim": [result.run.latent_dim for result in results],
            "seed": [result.run.seeds[0] for result in results],
            "source": [result.source for result in results],
            "part": [result.run.part for result in results],
            "auc": [result.metrics.auc for result in results],
            "ap": [result.metrics.ap for result in results],
            "difference": [result.difference for result in results],
        }
    )
