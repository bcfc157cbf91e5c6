"""What a wiring diagram is like as a whole: ten statistics, and how far two diagrams are apart.

Of one hemisphere of a brain each, so that two hemispheres of a real one show what chance does.
"""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import shortest_path

from connectome.types import NotApplicableError

QUANTILES = np.linspace(0, 1, 101)
LONGEST = 15  # path length told apart
SINGULAR_VALUES = 50
WIRING_STATISTICS = (
    "degrees", "strengths", "reciprocity", "triads", "clustering", "path lengths", "spectrum",
    "assortativity", "feedforwardness", "symmetry",
)  # fmt: skip
# Triads of three connected neurons, in the names of Holland & Leinhardt 1976 (doi:10.2307/270703).
TRIADS = (
    "021D", "021U", "021C", "111D", "111U", "030T", "030C", "201", "120D", "120U", "120C", "210",
    "300",
)  # fmt: skip


def wiring_statistics(synapses: sp.csr_array, kind: np.ndarray) -> dict[str, np.ndarray]:
    r"""All of :data:`WIRING_STATISTICS` but symmetry, which takes two hemispheres.

    - ``degrees``: quantiles of log1p of out- and in-degrees; ``strengths``: the same of synapses.
    - ``reciprocity``: log share of links that have their reversal.
    - ``triads``: log1p numbers of the 13 kinds of connected triads.
    - ``clustering``: log share of connected triples that close, without directions.
    - ``path lengths``: share of ordered pairs at each distance from 1 to 15.
    - ``spectrum``: the 50 largest singular values of log1p of the synapse counts.
    - ``assortativity``: by cell type (Newman 2003, doi:10.1103/PhysRevE.67.026126).
    - ``feedforwardness``: trophic incoherence (MacKay, Johnson & Sansom 2020,
      doi:10.1098/rsos.201138), 0 where every link leads one level up, 1 where there are no levels.

    Args:
        synapses: ``[N, N]`` sparse synapse counts, rows presynaptic; self-loops are left out.
        kind: ``[N]`` cell types, -1 where unknown.

    Returns:
        Vectors ``[k]`` by name, of the same length for any graph; ``assortativity`` is absent if
        fewer than two types are known.
    """
    weights = sp.csr_array(synapses, copy=True)
    weights.setdiag(0)
    weights.eliminate_zeros()
    links = weights.copy()
    links.data = np.ones_like(links.data)
    found = {
        "degrees": _quantiles(links),
        "strengths": _quantiles(weights),
        "reciprocity": _log(links.multiply(links.T).sum() / max(links.nnz, 1)),
        "triads": np.log1p(triad_counts(links)),
        "clustering": _log(transitivity(links)),
        "path lengths": _path_lengths(links),
        "spectrum": _spectrum(weights),
        "feedforwardness": np.array([_incoherence(links)]),
    }
    if len(np.unique(kind[kind >= 0])) > 1:
        found["assortativity"] = np.array([_assortativity(links, kind)])
    return found


def mirror_share(links: sp.csr_array, rows: np.ndarray, homolog: np.ndarray) -> np.ndarray:
    """Share ``[1]`` of the links within ``rows`` between neurons with homologs that are mirrored.

    Args:
        links: ``[N, N]`` sparse, of the whole brain.
        rows: ``[n]`` positions of the neurons of one hemisphere.
        homolog: ``[N]`` position of each homolog, -1 for none.

    Raises:
        NotApplicableError: if no such link has two homologs.
    """
    inside = sp.coo_array(links[rows][:, rows])
    pre, post = rows[inside.coords[0]], rows[inside.coords[1]]
    kept = (homolog[pre] >= 0) & (homolog[post] >= 0) & (pre != post)
    if not kept.any():
        raise NotApplicableError("no link between two neurons with homologs: nothing can mirror")
    mirrored = links[homolog[pre[kept]], homolog[post[kept]]]
    return np.array([float((np.asarray(mirrored) > 0).mean())])


def statistic_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Mean absolute difference of ``one`` and ``other``, both ``[k]``: of quantiles the Wasserstein
    distance."""
    return float(np.abs(one - other).mean())


def _log(value: float) -> np.ndarray:
    return np.array([np.log(max(value, 1e-12))])


def _quantiles(matrix: sp.csr_array) -> np.ndarray:
    ends = [np.log1p(np.asarray(matrix.sum(axis=axis)).ravel()) for axis in (1, 0)]
    return np.concatenate([np.quantile(values, QUANTILES) for values in ends])


def triad_counts(links: sp.csr_array) -> np.ndarray:
    """How many of each of :data:`TRIADS` there are, ``[13]`` (Moody 1998, matrix methods).

    Args:
        links: ``[N, N]`` of zeros and ones without self-loops.
    """
    a = links.toarray().astype(np.float64)
    mutual = a * a.T
    one_way = a - mutual
    back = one_way.T
    none = 1 - np.maximum(a, a.T)
    np.fill_diagonal(none, 0)

    def among(paths: np.ndarray, ends: np.ndarray) -> float:
        return float((paths * ends).sum())

    fan_out, fan_in, chain = back @ one_way, one_way @ back, one_way @ one_way
    both, down = mutual @ mutual, mutual @ one_way
    counts = {
        "021D": among(fan_out, none) / 2,
        "021U": among(fan_in, none) / 2,
        "021C": among(chain, none),
        "111D": among(mutual @ back, none),
        "111U": among(down, none),
        "030T": among(chain, one_way),
        "030C": among(chain, back) / 3,
        "201": among(both, none) / 2,
        "120D": among(fan_out, mutual) / 2,
        "120U": among(fan_in, mutual) / 2,
        "120C": among(chain, mutual),
        "210": among(both, one_way),
        "300": among(both, mutual) / 6,
    }
    return np.array([counts[name] for name in TRIADS])


def transitivity(links: np.ndarray | sp.csr_array) -> float:
    """Share of connected triples that close, whatever the directions; 0 without such triples.

    Args:
        links: ``[N, N]`` of zeros and ones without self-loops.
    """
    links = sp.csr_array(links, dtype=np.float64)
    either = ((links + links.T) > 0).astype(np.float64)
    degree = np.asarray(either.sum(axis=1)).ravel()
    triples = float((degree * (degree - 1)).sum())
    return float((either @ either).multiply(either).sum()) / triples if triples else 0.0


def _path_lengths(links: sp.csr_array) -> np.ndarray:
    length = shortest_path(links, unweighted=True)
    finite = length[np.isfinite(length) & (length > 0)].astype(np.int64)
    n = links.shape[0]
    counts = np.bincount(np.minimum(finite, LONGEST), minlength=LONGEST + 1)[1:]
    return np.asarray(counts / max(n * (n - 1), 1))


def _spectrum(weights: sp.csr_array) -> np.ndarray:
    dense = weights.toarray()
    values = np.linalg.svd(np.log1p(dense), compute_uv=False)[:SINGULAR_VALUES]
    return np.pad(values, (0, SINGULAR_VALUES - len(values)))


def _assortativity(links: sp.csr_array, kind: np.ndarray) -> float:
    known = np.flatnonzero(kind >= 0)
    code = np.unique(kind[known], return_inverse=True)[1]
    member = sp.csr_array((np.ones(len(known)), (np.arange(len(known)), code)))
    mixing = (member.T @ links[known][:, known] @ member).toarray()
    mixing = mixing / max(mixing.sum(), 1)
    chance = float(mixing.sum(axis=1) @ mixing.sum(axis=0))
    return float((np.trace(mixing) - chance) / max(1 - chance, 1e-12))


def _incoherence(links: sp.csr_array) -> float:
    """Mean squared deviation of links from one level up, at the levels that make it smallest."""
    sent, received = (np.asarray(links.sum(axis=axis)).ravel() for axis in (1, 0))
    laplacian = sp.csr_array(sp.diags_array(sent + received) - links - links.T)
    level = sp.linalg.lsqr(laplacian, received - sent, atol=1e-10, btol=1e-10)[0]
    pre, post = links.nonzero()
    return float(((level[post] - level[pre] - 1) ** 2).mean()) if len(pre) else 1.0
