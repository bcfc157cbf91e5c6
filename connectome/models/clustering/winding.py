r"""Clusters of a bilateral connectome by the recipe of Winding et al. 2023.

Winding M, et al. (2023) The connectome of an insect brain. Science 379:eadd9330,
doi:10.1126/science.add9330, as far as published:

1. the largest weakly connected component;
2. synapse counts to ranks, and degrees onto the diagonal;
3. adjacency spectral embeddings of the hemispheric blocks :math:`A_{LL}, A_{RR}, A_{LR}, A_{RL}`
   with 24 dimensions each, outgoing and incoming factors;
4. left factors rotated onto right ones (orthogonal Procrustes on the homologous pairs);
5. all four of a neuron's factors side by side, and a singular value decomposition to 16;
6. homologs averaged;
7. a divisive Gaussian mixture with BIC on the first 10 dimensions, to level 8. The published
   clusters are those of level 7.

**Homologs share a cluster by construction** (step 6), and steps 4 and 6 use the homologs: that two
homologs agree is no evidence for the clusters, and clusters made this way agree with each other
more than chance on neurons suggests. Hold them against a null that keeps pairs together.

Not published, hence settings of ``WindingRecipe``: the kind of ranks, whether the joint factors
carry their singular values, whether a pair counts once or twice in the mixture, the covariance
types, the smallest cluster that may be split, the number of restarts.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import scipy.sparse as sp
from scipy.linalg import orthogonal_procrustes
from scipy.stats import rankdata

from connectome.models.clustering.algorithms import divisive_mixture
from connectome.models.spectral import adjacency_spectral_embedding, largest
from connectome.types import InputError, NotApplicableError

LEFT, RIGHT = 0, 1
PUBLISHED_LEVEL = 7
Ranks = Literal["nonzero", "zero_boost"]


@dataclass(frozen=True)
class WindingRecipe:
    """The recipe's settings; the first four are published, the others are not.

    Attributes:
        block_dims: dimensions of each block's embedding.
        joint_dims: dimensions of the joint one.
        cluster_dims: how many of them are clustered.
        levels: levels of the divisive mixture.
        ranks: see ``pass_to_ranks``.
        singular_values: whether the joint factors are :math:`US` or :math:`U`. A mixture with
            full or diagonal covariances notices it in its starts only.
        pair_weight: points for each pair in the mixture. With 2 equal ones BIC takes the same
            evidence twice, and splits more.
        covariances, min_split, restarts: of ``divisive_mixture``.

    Raises:
        InputError: for values out of range.
    """

    block_dims: int = 24
    joint_dims: int = 16
    cluster_dims: int = 10
    levels: int = 8
    ranks: Ranks = "nonzero"
    singular_values: bool = True
    pair_weight: int = 1
    covariances: tuple[str, ...] = ("full", "tied", "diag", "spherical")
    min_split: int = 5
    restarts: int = 5

    def __post_init__(self) -> None:
        if self.ranks not in get_args(Ranks):
            raise InputError(f"ranks={self.ranks}: choose one of {', '.join(get_args(Ranks))}")
        if self.pair_weight not in (1, 2):
            raise InputError(f"pair_weight={self.pair_weight}: a pair counts once (1) or twice (2)")
        if not 1 <= self.cluster_dims <= self.joint_dims <= 4 * self.block_dims:
            raise InputError(
                f"cluster_dims={self.cluster_dims}, joint_dims={self.joint_dims}, block_dims="
                f"{self.block_dims}: need cluster_dims <= joint_dims <= 4 x block_dims"
            )


@dataclass(frozen=True, eq=False)
class WindingClusters:
    """What the recipe gives.

    Attributes:
        neurons: ``[n]`` int64 positions of the neurons that were clustered, ascending.
        embedding: ``[n, joint_dims]`` float64, homologs averaged.
        levels: ``[N, levels + 1]`` int64 nested clusters, -1 for neurons left out.
        without_hemisphere: neurons left out for want of a hemisphere.
        outside_component: neurons left out of the rest, being outside its largest component.
    """

    neurons: np.ndarray
    embedding: np.ndarray
    levels: np.ndarray
    without_hemisphere: int
    outside_component: int


def winding_clusters(
    adjacency: sp.sparray,
    hemisphere: np.ndarray,
    homolog: np.ndarray,
    seed: int,
    recipe: WindingRecipe | None = None,
) -> WindingClusters:
    """Embed and cluster the neurons of both hemispheres; see the module for the recipe.

    Args:
        adjacency: sparse ``[N, N]`` synapse counts, rows presynaptic.
        hemisphere: ``[N]`` int codes: 0 left, 1 right, negative where unknown.
        homolog: ``[N]`` int position of the contralateral homolog, -1 where there is none.
        seed: of the mixtures' starts.
        recipe: settings, by default the published ones.

    Raises:
        InputError: if shapes differ, or homologs do not name each other.
        NotApplicableError: if the hemispheres hold too few neurons or pairs for the dimensions.
    """
    recipe = recipe or WindingRecipe()
    _check(adjacency, hemisphere, homolog)
    sided = np.flatnonzero(hemisphere >= 0)
    matrix = sp.csr_array(adjacency)[sided][:, sided]
    neurons = sided[largest(matrix)]
    side, partner = hemisphere[neurons], _positions_within(homolog, neurons)
    _check_sizes(side, partner, recipe)
    prepared = augment_diagonal(
        pass_to_ranks(sp.csr_array(adjacency)[neurons][:, neurons], recipe.ranks)
    )
    joint = _joint_svd(_bilateral_factors(prepared, side, partner, recipe.block_dims), recipe)
    paired = partner >= 0
    joint[paired] = (joint[paired] + joint[partner[paired]]) / 2
    levels = np.full((len(hemisphere), recipe.levels + 1), -1, dtype=np.int64)
    levels[neurons] = _cluster(joint, partner, seed, recipe)
    return WindingClusters(
        neurons, joint, levels, int((hemisphere < 0).sum()), len(sided) - len(neurons)
    )


def pass_to_ranks(matrix: sp.csr_array, ranks: Ranks = "nonzero") -> sp.csr_array:
    """Weights of ``matrix`` ``[N, N]`` replaced by their ranks, ties at their mean rank:
    ``[N, N]``.

    ``nonzero``: rank / (E + 1) with ``E`` edges. ``zero_boost``: the absent edges rank below, so
    that a weight is (absent + rank) / (N(N - 1)), and hardly differs between edges of a sparse
    graph.
    """
    ranked = sp.csr_array(matrix, dtype=np.float64, copy=True)
    ranked.setdiag(0)  # self-loops: the diagonal is filled with degrees afterwards
    ranked.eliminate_zeros()
    edges, possible = ranked.nnz, ranked.shape[0] * (ranked.shape[0] - 1)
    rank = rankdata(ranked.data)
    if ranks == "nonzero":
        ranked.data = rank / (edges + 1)
    else:
        ranked.data = (possible - edges + rank) / possible
    return ranked


def augment_diagonal(matrix: sp.csr_array) -> sp.csr_array:
    """``matrix`` ``[N, N]`` with mean of out- and in-strength / (N - 1) on the diagonal:
    ``[N, N]``.

    The diagonal of an adjacency matrix says nothing of the model's expectation, which this
    estimates (Marchette et al. 2011, doi:10.1007/978-3-642-21551-3_2).
    """
    hollow = sp.csr_array(matrix - sp.diags_array(matrix.diagonal()))
    strength = (hollow.sum(axis=0) + hollow.sum(axis=1)) / 2
    return sp.csr_array(hollow + sp.diags_array(strength / (matrix.shape[0] - 1)))


def _bilateral_factors(
    matrix: sp.csr_array, side: np.ndarray, partner: np.ndarray, dims: int
) -> np.ndarray:
    """Factors ``[n, 4 dims]``: ipsilateral out and in, contralateral out and in; left rotated."""
    left, right = np.flatnonzero(side == LEFT), np.flatnonzero(side == RIGHT)
    ipsi_left, ipsi_right, left_to_right, right_to_left = (
        adjacency_spectral_embedding(sp.csr_array(matrix[rows][:, columns]), dims, directed=True)
        for rows, columns in ((left, left), (right, right), (left, right), (right, left))
    )
    of_left = [*ipsi_left, left_to_right[0], right_to_left[1]]
    of_right = [*ipsi_right, right_to_left[0], left_to_right[1]]
    paired = np.flatnonzero(partner[left] >= 0)
    their = np.searchsorted(right, partner[left][paired])
    factors = np.empty((len(side), 4 * dims))
    for index, (one, other) in enumerate(zip(of_left, of_right, strict=True)):
        rotation, _ = orthogonal_procrustes(one[paired], other[their])
        columns = slice(index * dims, (index + 1) * dims)
        factors[left, columns], factors[right, columns] = one @ rotation, other
    return factors


def _joint_svd(factors: np.ndarray, recipe: WindingRecipe) -> np.ndarray:
    left, singular, _ = np.linalg.svd(factors, full_matrices=False)
    joint = left[:, : recipe.joint_dims]
    return joint * singular[: recipe.joint_dims] if recipe.singular_values else joint


def _cluster(
    joint: np.ndarray, partner: np.ndarray, seed: int, recipe: WindingRecipe
) -> np.ndarray:
    """Levels ``[n, levels + 1]``, with one or two points for each pair."""
    position = np.arange(len(partner))
    first = np.where(partner >= 0, np.minimum(position, partner), position)
    points = np.unique(first) if recipe.pair_weight == 1 else position
    levels = divisive_mixture(
        joint[points, : recipe.cluster_dims],
        recipe.levels,
        seed,
        recipe.covariances,
        recipe.min_split,
        recipe.restarts,
    )
    return levels[np.searchsorted(points, first)]


def _positions_within(homolog: np.ndarray, neurons: np.ndarray) -> np.ndarray:
    """Homologs as positions in ``neurons``, -1 where the homolog is not among them."""
    new = np.full(len(homolog), -1, dtype=np.int64)
    new[neurons] = np.arange(len(neurons))
    here = homolog[neurons]
    return np.where(here >= 0, new[here], -1)


def _check(adjacency: sp.sparray, hemisphere: np.ndarray, homolog: np.ndarray) -> None:
    n = adjacency.shape[0]
    if adjacency.shape != (n, n) or hemisphere.shape != (n,) or homolog.shape != (n,):
        shapes = f"{adjacency.shape}, {hemisphere.shape}, {homolog.shape}"
        raise InputError(
            f"adjacency, hemisphere, homolog of shapes {shapes}: give [N, N], [N], [N]"
        )
    paired = np.flatnonzero(homolog >= 0)
    odd = paired[homolog[homolog[paired]] != paired]
    if len(odd):
        raise InputError(
            f"homolog of neuron {odd[0]} does not name it back; homologs must name each other"
        )
    same = (hemisphere[paired] >= 0) & (hemisphere[paired] == hemisphere[homolog[paired]])
    if same.any():
        raise InputError(
            f"neuron {paired[same][0]} and its homolog lie in one hemisphere; correct one of them"
        )


def _check_sizes(side: np.ndarray, partner: np.ndarray, recipe: WindingRecipe) -> None:
    smaller = min(int((side == LEFT).sum()), int((side == RIGHT).sum()))
    pairs = int((partner >= 0).sum()) // 2
    if smaller <= recipe.block_dims or pairs < recipe.block_dims:
        raise NotApplicableError(
            f"{smaller} neurons in the smaller hemisphere and {pairs} pairs: the recipe needs more "
            f"than block_dims={recipe.block_dims}; lower it, or take data of both hemispheres"
        )
