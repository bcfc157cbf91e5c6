"""Recompute what training reported, from what it left behind."""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from connectome.data.splits import reported_part, scored_parts
from connectome.metrics.links import LinkMetrics, scorer_metrics
from connectome.runs import (
    AUDIT,
    EMBEDDING,
    METRICS,
    REMEDY,
    SPLIT,
    Run,
    artifact_schema,
    load_json,
    load_scorer,
    load_split,
    named,
    sha256,
)
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
        """Largest absolute difference to what training wrote; NaN if that is not known or a metric
        is NaN."""
        if not self.run.metrics:
            return math.nan
        trained = self.run.link_metrics
        found = self.metrics.auc - trained.auc, self.metrics.ap - trained.ap
        return float(np.abs(found).max())  # NaN if one is, which Python's max may pass over


def differing(results: list[Recomputed], tolerance: float) -> list[Recomputed]:
    """Those that differ from what training wrote by more than an absolute ``tolerance``, or by NaN.

    Raises:
        InputError: if the tolerance is no number from 0.
    """
    check_tolerance(tolerance)
    known = [result for result in results if result.run.metrics]
    return [result for result in known if not result.difference <= tolerance]


def check_tolerance(tolerance: float) -> None:
    """Refuse an absolute tolerance that everything or nothing is within.

    Raises:
        InputError: for NaN, infinity and negative numbers.
    """
    if not 0 <= tolerance < math.inf:
        raise InputError(f"tolerance={tolerance}: must be a number from 0, such as 1e-6")


def score_test(scorer: Scorer, split: LinkSplit) -> LinkMetrics:
    """Score the test links of ``split``, or the training links where nothing is held out.

    Raises:
        InputError: if scorer and split are of different graphs, or there is nothing to score.
    """
    if len(scorer.neuron_ids) != split.num_neurons:
        raise InputError(
            f"{scorer.method}: embedding of {len(scorer.neuron_ids)} neurons, split of "
            f"{split.num_neurons}; they are not of the same run"
        )
    part = reported_part(split.protocol)
    links, negatives = scored_parts(split)[part]
    if not (links.shape[1] and negatives.shape[1]):
        raise InputError(f"{scorer.method}: the split has no {part} links, or no negatives")
    return scorer_metrics(scorer, links, negatives)


def from_embedding(run: Run) -> Recomputed:
    """Recompute from the saved embedding and split; needs neither model nor data.

    Raises:
        InputError: if a file is not the one that training wrote, the split leaks, or the embedding
            has another width than the run.
    """
    require_as_written(run)
    scorer, split = load_scorer(run.path / EMBEDDING), load_split(run.path / SPLIT)
    with named(run.path / EMBEDDING):
        if (width := run.identity.get("latent_dim")) not in (None, scorer.latent_dim):
            raise InputError(f"{scorer.latent_dim} dimensions where the run has {width}")
    with named(run.path / SPLIT):
        require_apart(split)
        return Recomputed(run, "embedding", score_test(scorer, split))


def require_as_written(run: Run) -> None:
    """Hold the files of a run against their checksums, where it has recorded any.

    Raises:
        InputError: naming the first file that is another.
    """
    for name in (METRICS, EMBEDDING, SPLIT, AUDIT):
        written, found = run.sha256.get(name), sha256(run.path / name)
        if None not in (written, found) and written != found:  # a lost one is told when it is read
            raise InputError(
                f"{run.path / name}: not what training wrote (another checksum); {REMEDY}"
            )
    if not load_json(run.path / AUDIT, artifact_schema.AUDIT)["passed"]:
        raise InputError(f"{run.path / AUDIT}: says that the split leaks; {REMEDY}")


def require_apart(split: LinkSplit) -> None:
    """Refuse a split in which two parts share a pair.

    Raises:
        InputError: naming the parts.
    """
    parts = ("train", "val", "test", "val_negatives", "test_negatives")
    keys = {}
    for name in parts:
        pairs = getattr(split, name).numpy()
        ends = pairs if split.directed else np.sort(pairs, axis=0)
        keys[name] = ends[0] * split.num_neurons + ends[1]
    for first, second in combinations(parts, 2):
        if len(shared := np.intersect1d(keys[first], keys[second])):
            raise InputError(f"{first} and {second} share {len(shared)} pairs: it leaks")


def as_table(results: list[Recomputed]) -> pd.DataFrame:
    """One row a recomputation, with the largest absolute difference to training.

    Returns:
        Columns ``run, model, latent_dim, seed, source, part, auc, ap, difference``.
    """
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
