"""How far a clustering of the neurons agrees with a reference, with itself, and with chance.

Clusters and reference groups are int64 codes ``[N]``; a negative code means that a neuron has
none, and such neurons are left out. Names of clusters and the order of neurons do not matter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import entropy
from sklearn.metrics import (
    adjusted_mutual_info_score,
    adjusted_rand_score,
    homogeneity_completeness_v_measure,
)
from sklearn.metrics.cluster import expected_mutual_information

from connectome.metrics.neurons.contingency import confusion, same_length
from connectome.types import InputError, NotApplicableError


@dataclass(frozen=True)
class NullAgreement:
    """Agreement of permuted labels with the reference.

    Attributes:
        ami_mean, ami_sd, ari_mean, ari_sd: over the permutations.
        p_ami, p_ari: ``(1 + permutations that reach the observed value) / (1 + permutations)``.
        permutations: how many were drawn.
    """

    ami_mean: float
    ami_sd: float
    ari_mean: float
    ari_sd: float
    p_ami: float
    p_ari: float
    permutations: int


@dataclass(frozen=True)
class ClusterAgreement:
    """Agreement of a clustering with a reference.

    Attributes:
        ami: adjusted mutual information (arithmetic mean of the entropies; Vinh et al. 2010,
            https://jmlr.org/papers/v11/vinh10a.html).
        ari: adjusted Rand index (Hubert & Arabie 1985, doi:10.1007/BF01908075).
        homogeneity, completeness, v_measure: Rosenberg & Hirschberg 2007,
            https://aclanthology.org/D07-1043; not adjusted for chance.
        null: labels permuted among the neurons.
        pair_null: labels permuted among left-right pairs, which stay together, and among the
            neurons without a homolog; None if no pairs were given. This is the null to hold
            against where both labels and reference give homologs the same group by construction.
        neurons: how many have both a label and a reference.
        without_reference, without_label: neurons left out for want of one (may overlap).
    """

    ami: float
    ari: float
    homogeneity: float
    completeness: float
    v_measure: float
    null: NullAgreement
    pair_null: NullAgreement | None
    neurons: int
    without_reference: int
    without_label: int


@dataclass(frozen=True)
class Stability:
    """Agreement of clusterings with each other: mean and s.d. over all pairs of them.

    The s.d. is NaN where there are but two clusterings, hence one pair.
    """

    ari_mean: float
    ari_sd: float
    ami_mean: float
    ami_sd: float
    clusterings: int


def cluster_agreement(
    labels: np.ndarray,
    reference: np.ndarray,
    permutations: int = 200,
    seed: int = 0,
    pairs: np.ndarray | None = None,
) -> ClusterAgreement:
    """Agreement of ``labels`` ``[N]`` with ``reference`` ``[N]``, and of permuted labels.

    Args:
        labels, reference: codes, negative where a neuron has none.
        permutations: draws for each null.
        seed: of the permutations.
        pairs: ``[N]`` position of each neuron's homolog, -1 where it has none. A neuron whose
            homolog is left out counts as having none.

    Raises:
        InputError: if lengths differ.
        NotApplicableError: if no neuron has both a label and a reference.
    """
    labels, reference = same_length(labels, reference)
    kept = (labels >= 0) & (reference >= 0)
    if not kept.any():
        raise NotApplicableError("no neuron has both a cluster and a reference group")
    a, b = labels[kept], reference[kept]
    homogeneity, completeness, v_measure = homogeneity_completeness_v_measure(b, a)
    ami, ari = float(adjusted_mutual_info_score(b, a)), float(adjusted_rand_score(b, a))
    scorer = _PermutedScores(a, b)
    alone = np.full(len(a), -1)

    def null(homolog: np.ndarray) -> NullAgreement:
        return _null(scorer, ami, ari, _permuted(scorer.codes, homolog, permutations, seed))

    return ClusterAgreement(
        ami=ami,
        ari=ari,
        homogeneity=float(homogeneity),
        completeness=float(completeness),
        v_measure=float(v_measure),
        null=null(alone),
        pair_null=None if pairs is None else null(_within(np.asarray(pairs), kept)),
        neurons=int(kept.sum()),
        without_reference=int((reference < 0).sum()),
        without_label=int((labels < 0).sum()),
    )


class _PermutedScores:
    """AMI and ARI under permutation: group sizes stay, so chance is computed once."""

    def __init__(self, labels: np.ndarray, reference: np.ndarray) -> None:
        self.codes, groups = (np.unique(x, return_inverse=True)[1] for x in (labels, reference))
        table = confusion(self.codes, groups)
        self.rows = groups * table.shape[1]
        rows, columns = table.sum(axis=1), table.sum(axis=0)
        self.total = len(labels)
        self.outer = np.outer(rows, columns).ravel()
        self.expected = expected_mutual_information(table, self.total)
        self.span = (entropy(rows) + entropy(columns)) / 2 - self.expected
        in_rows, in_columns = _pairs(rows), _pairs(columns)
        self.chance = in_rows * in_columns / max(_pairs(np.array([self.total])), 1)
        self.rand_span = (in_rows + in_columns) / 2 - self.chance

    def __call__(self, codes: np.ndarray) -> tuple[float, float]:
        """Of ``codes`` ``[N]``, those of the labels in another order."""
        if self.rand_span == 0:  # one group in both, or every neuron its own: always equal
            return 1.0, 1.0
        cells = np.bincount(self.rows + codes, minlength=len(self.outer))
        inside = cells > 0
        ratio = cells[inside] * self.total / self.outer[inside]
        information = float((cells[inside] / self.total * np.log(ratio)).sum())
        ami = (information - self.expected) / _away_from_zero(self.span)
        return ami, (_pairs(cells) - self.chance) / self.rand_span


def _pairs(counts: np.ndarray) -> float:
    return float((counts * (counts - 1) / 2).sum())


def _away_from_zero(value: float) -> float:
    least = float(np.finfo(float).eps)
    return min(value, -least) if value < 0 else max(value, least)


def _null(
    scorer: _PermutedScores, ami: float, ari: float, draws: Iterator[np.ndarray]
) -> NullAgreement:
    values = np.array([scorer(labels) for labels in draws])
    # Equal agreement may differ in the last bits, as it is summed in another order.
    reached = (values >= np.array([ami, ari]) - 1e-12).sum(axis=0)
    p = (1 + reached) / (1 + len(values))
    mean, spread = values.mean(axis=0), values.std(axis=0)
    return NullAgreement(
        ami_mean=float(mean[0]),
        ami_sd=float(spread[0]),
        ari_mean=float(mean[1]),
        ari_sd=float(spread[1]),
        p_ami=float(p[0]),
        p_ari=float(p[1]),
        permutations=len(values),
    )


def _permuted(
    labels: np.ndarray, homolog: np.ndarray, permutations: int, seed: int
) -> Iterator[np.ndarray]:
    """Labels with pairs exchanged as wholes (either way round) and single neurons as such."""
    rng = np.random.default_rng(seed)
    position = np.arange(len(labels))
    single = position[homolog < 0]
    first = position[(homolog >= 0) & (position < homolog)]
    both = np.stack([first, homolog[first]], axis=1)
    for _ in range(permutations):
        drawn = labels.copy()
        drawn[single] = labels[rng.permutation(single)]
        drawn[both] = labels[rng.permuted(both[rng.permutation(len(both))], axis=1)]
        yield drawn


def _within(pairs: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Positions of homologs among the kept neurons, -1 where the homolog is not kept."""
    if len(pairs) != len(kept):
        raise InputError(f"{len(pairs)} homologs for {len(kept)} neurons; give one a neuron, or -1")
    new = np.where(kept, kept.cumsum() - 1, -1)
    here = pairs[kept]
    return np.where(here >= 0, new[here], -1)


def stability(clusterings: Sequence[np.ndarray]) -> Stability:
    """Mean and s.d. of the pairwise ARI and AMI of clusterings ``[N]``, such as those of seeds.

    Raises:
        InputError: with fewer than two clusterings, or of different lengths.
    """
    if len(clusterings) < 2:
        raise InputError(f"{len(clusterings)} clustering: stability needs two or more")
    values = []
    for one, other in combinations(clusterings, 2):
        a, b = same_length(one, other)
        kept = (a >= 0) & (b >= 0)
        values.append(
            (adjusted_rand_score(a[kept], b[kept]), adjusted_mutual_info_score(a[kept], b[kept]))
        )
    ari, ami = np.array(values).T
    return Stability(
        float(ari.mean()), _sd(ari), float(ami.mean()), _sd(ami), clusterings=len(clusterings)
    )


def _sd(values: np.ndarray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")
