"""Spectral embeddings of a graph, from sparse eigensolvers: no dense matrix is ever built."""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigsh, svds

VARIANTS = ("ase", "laplacian", "lse")

Factors = tuple[np.ndarray, np.ndarray]


def adjacency(edge_index: np.ndarray, num_nodes: int, directed: bool) -> sp.csr_array:
    """Unweighted adjacency ``[N, N]`` of edges ``[2, M]``; symmetric unless ``directed``."""
    ones = np.ones(edge_index.shape[1])
    matrix = sp.csr_array((ones, tuple(edge_index)), shape=(num_nodes, num_nodes))
    if not directed:
        matrix = matrix + matrix.T
    matrix = sp.csr_array(matrix)
    matrix.data[:] = 1.0
    return matrix


def adjacency_spectral_embedding(matrix: sp.csr_array, latent_dim: int, directed: bool) -> Factors:
    r"""ASE (Sussman et al. 2012, arXiv:1108.2228) with the signs of the eigenvalues kept.

    Symmetric: :math:`X = U |\Lambda|^{1/2}`, target :math:`X\,\mathrm{sign}(\Lambda)`, so that
    the product is the best rank-d approximation even where eigenvalues are negative (a generalised
    random dot product graph, Rubin-Delanchy et al. 2022). Directed: :math:`U S^{1/2}`,
    :math:`V S^{1/2}` of the singular value decomposition.

    A directed ``matrix`` may also be rectangular, a block of an adjacency.

    Returns:
        Source and target factors, ``[N, d]`` each, one row a row and one a column of ``matrix``.
    """
    start = _start(min(matrix.shape))
    if directed:
        left, singular, right = svds(matrix, k=latent_dim, v0=start)
        order = np.argsort(-singular)
        root = np.sqrt(singular[order])
        sign = _column_signs(left[:, order])
        return left[:, order] * sign * root, right[order].T * sign * root
    values, vectors = eigsh(matrix, k=latent_dim, which="LM", v0=start)
    order = np.argsort(-np.abs(values))
    values, vectors = values[order], vectors[:, order]
    source = vectors * _column_signs(vectors) * np.sqrt(np.abs(values))
    return source, source * np.sign(values)


def laplacian_spectral_embedding(matrix: sp.csr_array, latent_dim: int, directed: bool) -> Factors:
    r"""ASE of :math:`D_\tau^{-1/2} A D_\tau^{-1/2}`, regularised by the mean degree.

    :math:`D_\tau = D + \tau I` with :math:`\tau` the mean degree (Qin & Rohe 2013,
    arXiv:1309.4111); rows use out-degrees and columns in-degrees where directed.

    Returns:
        Source and target factors, ``[N, d]`` each.
    """
    out_degree, in_degree = matrix.sum(axis=1), matrix.sum(axis=0)
    tau = out_degree.mean()
    scaled = _scale(matrix, 1 / np.sqrt(out_degree + tau), 1 / np.sqrt(in_degree + tau))
    return adjacency_spectral_embedding(scaled, latent_dim, directed)


def laplacian_eigenmaps(
    matrix: sp.csr_array, latent_dim: int, largest_component: bool = True
) -> np.ndarray:
    r"""Eigenmaps of the normalised Laplacian (Belkin & Niyogi 2003) of a symmetric graph.

    The eigenvectors of :math:`I - D^{-1/2} A D^{-1/2}` with the smallest eigenvalues, the first
    one left out, divided by :math:`D^{1/2}`: what scikit-learn's ``spectral_embedding`` computes.

    Every connected component, an isolated neuron too, contributes one eigenvalue zero, whose
    eigenvectors only tell components apart. By default the largest component alone is embedded
    and the other neurons get the origin; ``largest_component=False`` takes the whole graph, and
    in a disconnected one loses a dimension to each component.

    Returns:
        Factors ``[N, d]``.

    Raises:
        ValueError: if there are ``latent_dim + 1`` neurons or fewer to embed.
    """
    inside = largest(matrix) if largest_component else np.arange(matrix.shape[0])
    if latent_dim + 1 >= len(inside):
        raise ValueError(f"only {len(inside)} neurons to embed")
    core = matrix[inside][:, inside]
    degree = core.sum(axis=1)
    isolated = degree == 0
    root = np.sqrt(np.where(isolated, 1.0, degree))
    affinity = _scale(core, 1 / root, 1 / root) + sp.diags_array(isolated.astype(float))
    values, vectors = eigsh(affinity, k=latent_dim + 1, which="LA", v0=_start(len(inside)))
    vectors = vectors[:, np.argsort(-values)][:, 1:] / root[:, None]
    factors = np.zeros((matrix.shape[0], latent_dim))
    factors[inside] = vectors * _column_signs(vectors)
    return factors


def largest(matrix: sp.csr_array) -> np.ndarray:
    """Sorted positions of the neurons in the largest connected component."""
    _, component = connected_components(matrix, directed=False)
    return np.flatnonzero(component == np.bincount(component).argmax())


def _scale(matrix: sp.csr_array, rows: np.ndarray, columns: np.ndarray) -> sp.csr_array:
    return sp.csr_array(sp.diags_array(rows) @ matrix @ sp.diags_array(columns))


def _start(size: int) -> np.ndarray:
    """Fixed start of the Lanczos iteration, so that equal graphs give equal embeddings."""
    return np.random.default_rng(0).standard_normal(size)


def _column_signs(vectors: np.ndarray) -> np.ndarray:
    """Signs that make each column's entry of largest size positive: eigenvectors have none."""
    rows = np.abs(vectors).argmax(axis=0)
    return np.where(vectors[rows, np.arange(vectors.shape[1])] < 0, -1.0, 1.0)
