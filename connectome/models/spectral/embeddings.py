"""Spectral embeddings of a graph, from sparse eigensolvers: no dense matrix is ever built."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import aslinearoperator

from connectome.models.spectral.block_krylov import Which
from connectome.models.spectral.eigensolvers import singular_spectrum, symmetric_spectrum
from connectome.models.spectral.spectrum import Operator
from connectome.types import InputError

VARIANTS = ("ase", "laplacian", "lse", "diffusion")
CONNECTED = ("laplacian", "diffusion")  # embed one component, know no directions, score by distance

Factors = tuple[np.ndarray, np.ndarray]


def adjacency(edge_index: np.ndarray, num_nodes: int, directed: bool) -> sp.csr_array:
    """Unweighted adjacency ``[N, N]`` of edges ``[2, M]``; symmetric unless ``directed``."""
    ones = np.ones(edge_index.shape[1])
    narrow = np.int32 if num_nodes < 2**31 else np.int64  # what scipy keeps: less to read
    ends = tuple(edge_index.astype(narrow))
    matrix = sp.csr_array((ones, ends), shape=(num_nodes, num_nodes))
    if not directed:
        matrix = matrix + matrix.T
    matrix = sp.csr_array(matrix)
    matrix.data[:] = 1.0
    return matrix


@dataclass(frozen=True, eq=False)
class SpectralFit:
    """A spectral embedding and how exactly it was computed.

    Attributes:
        source, target: ``[N, d]`` factors.
        residual: of the eigenvectors, see :class:`~connectome.models.spectral.spectrum.Spectrum`.
        solver: the solver that ran.
        rank: how many dimensions carry anything; the others are zero.
        cut: whether the last dimension is one of several equal ones, of which others are left out.
    """

    source: np.ndarray
    target: np.ndarray
    residual: float
    solver: str
    rank: int
    cut: bool


def fit_spectral(
    variant: str,
    matrix: Operator,
    latent_dim: int,
    directed: bool,
    solver: str = "auto",
    device: torch.device | str = "cpu",
    inside: np.ndarray | None = None,
    steps: int = 1,
) -> SpectralFit:
    """Embed by one of :data:`VARIANTS`; those of :data:`CONNECTED` know no directions.

    Dimensions beyond the numerical rank of the matrix are zero, and so are numbers that are mere
    rounding beside the largest of their dimension: scores must not be noise.

    Args:
        variant: one of :data:`VARIANTS`.
        matrix: adjacency, a sparse array or an operator with ``@`` and ``.T``.
        latent_dim: ``d``.
        directed: whether ``matrix`` is not symmetric.
        solver: one of :data:`~connectome.models.spectral.eigensolvers.SOLVERS`.
        device: where ``randomized`` runs.
        inside: ``[n]`` positions that those of :data:`CONNECTED` embed, a union of components; all
            if None.
        steps: of the random walk of ``diffusion``.

    Raises:
        InputError: if ``latent_dim`` is too large, or the solver unknown or not converged.
    """
    if variant in CONNECTED:
        walk = steps if variant == "diffusion" else None
        return _eigenmaps(matrix, latent_dim, inside, solver, device, walk)
    if variant == "lse":
        matrix = _regularised(matrix)
    if directed:
        spectrum = singular_spectrum(matrix, latent_dim, solver, device)
    else:
        spectrum = symmetric_spectrum(matrix, latent_dim, "LM", solver, device)
    root = np.sqrt(np.abs(spectrum.values))
    root[spectrum.rank :] = 0
    sign = _column_signs(spectrum.left)
    source = _without_noise(spectrum.left, spectrum.noise) * sign * root
    if directed:
        target = _without_noise(spectrum.right, spectrum.noise) * sign * root
    else:
        target = source * np.sign(spectrum.values)
    how = spectrum.residual, spectrum.solver, spectrum.rank, spectrum.cut
    return SpectralFit(source, target, *how)


def adjacency_spectral_embedding(
    matrix: Operator, latent_dim: int, directed: bool, solver: str = "lanczos"
) -> Factors:
    r"""ASE (Sussman et al. 2012, arXiv:1108.2228) with the signs of the eigenvalues kept.

    Symmetric: :math:`X = U |\Lambda|^{1/2}`, target :math:`X\,\mathrm{sign}(\Lambda)`, so that
    the product is the best rank-d approximation even where eigenvalues are negative (a generalised
    random dot product graph, Rubin-Delanchy et al. 2022, arXiv:1709.05506). Directed:
    :math:`U S^{1/2}`, :math:`V S^{1/2}` of the singular value decomposition.

    A directed ``matrix`` may also be rectangular, a block of an adjacency.

    Returns:
        Source and target factors, ``[N, d]`` each, one row a row and one a column of ``matrix``.

    Raises:
        InputError: unless ``d`` is below the number of rows and columns, or without convergence.
    """
    fit = fit_spectral("ase", matrix, latent_dim, directed, solver)
    return fit.source, fit.target


def laplacian_spectral_embedding(
    matrix: Operator, latent_dim: int, directed: bool, solver: str = "lanczos"
) -> Factors:
    r"""ASE of :math:`D_\tau^{-1/2} A D_\tau^{-1/2}`, regularised by the mean degree.

    :math:`D_\tau = D + \tau I` with :math:`\tau` the mean degree (Qin & Rohe 2013,
    arXiv:1309.4111); rows use out-degrees and columns in-degrees where directed.

    Returns:
        Source and target factors, ``[N, d]`` each.

    Raises:
        InputError: as :func:`adjacency_spectral_embedding`.
    """
    fit = fit_spectral("lse", matrix, latent_dim, directed, solver)
    return fit.source, fit.target


def laplacian_eigenmaps(
    matrix: sp.csr_array,
    latent_dim: int,
    largest_component: bool = True,
    solver: str = "lanczos",
) -> np.ndarray:
    r"""Eigenmaps of the normalised Laplacian of a symmetric graph, ``matrix`` ``[N, N]``.

    Belkin & Niyogi 2003, doi:10.1162/089976603321780317.

    The eigenvectors of :math:`I - D^{-1/2} A D^{-1/2}` with the smallest eigenvalues, the first
    one left out, divided by :math:`D^{1/2}`: what scikit-learn's ``spectral_embedding`` computes.

    Every connected component, an isolated neuron too, contributes one eigenvalue zero, whose
    eigenvectors only tell components apart. By default the largest component alone is embedded
    and the other neurons get the origin; ``largest_component=False`` takes the whole graph, and
    in a disconnected one loses a dimension to each component.

    Returns:
        Factors ``[N, d]``.

    Raises:
        InputError: if there are ``latent_dim + 1`` neurons or fewer to embed, or without
            convergence: eigenvalues near zero lie close together.
    """
    inside = largest(matrix) if largest_component else None
    return fit_spectral("laplacian", matrix, latent_dim, False, solver, inside=inside).source


def diffusion_map(
    matrix: sp.csr_array,
    latent_dim: int,
    steps: int = 1,
    largest_component: bool = True,
    solver: str = "lanczos",
) -> np.ndarray:
    r"""Diffusion map of a symmetric graph, ``matrix`` ``[N, N]``.

    Coifman & Lafon 2006, doi:10.1016/j.acha.2006.04.006: :math:`\lambda_k^t \psi_k(i)` with
    eigenvalues and right eigenvectors of the random walk :math:`P = D^{-1} A`, the constant one
    left out, the largest :math:`|\lambda|` first. With all dimensions the squared distance is
    :math:`\sum_k (P^t_{ik} - P^t_{jk})^2 / \pi_k`, where :math:`\pi` is where the walk ends up:
    neurons are close if walks of ``steps`` steps from them end alike. Every further component, of
    the whole graph, costs a dimension as in :func:`laplacian_eigenmaps`.

    Returns:
        Factors ``[N, d]``.

    Raises:
        InputError: as :func:`laplacian_eigenmaps`.
    """
    inside = largest(matrix) if largest_component else None
    fit = fit_spectral("diffusion", matrix, latent_dim, False, solver, inside=inside, steps=steps)
    return fit.source


def _eigenmaps(
    matrix: Operator,
    latent_dim: int,
    inside: np.ndarray | None,
    solver: str,
    device: torch.device | str,
    steps: int | None,
) -> SpectralFit:
    """Eigenvectors of the normalised adjacency, of which the best one is known.

    With ``steps`` they are those of largest magnitude, times their eigenvalues to that power.
    """
    size = matrix.shape[0]
    inside = np.arange(size) if inside is None else inside
    if latent_dim + 1 >= len(inside):
        raise InputError(
            f"latent_dim={latent_dim}: only {len(inside)} neurons to embed; choose less"
        )
    if sp.issparse(matrix):
        rows, core = inside, matrix[inside][:, inside]
    else:  # a file is not cut, but other components are scaled to zero
        rows, core = np.arange(size), matrix
    degree = _sums(core)[0]
    isolated = degree == 0
    root = np.sqrt(np.where(isolated, 1.0, degree))
    chosen = np.isin(rows, inside)
    weight = chosen / root
    own = sp.diags_array((isolated & chosen).astype(float))
    affinity = _scale(core, weight, weight)
    affinity = affinity + (own if sp.issparse(core) else aslinearoperator(own))
    which: Which = "LA" if steps is None else "LM"
    spectrum = symmetric_spectrum(affinity, latent_dim + 1, which, solver, device)
    known = int(spectrum.values.argmax())  # the constant one: beside it may stand -1
    vectors = np.delete(spectrum.left, known, axis=1)
    vectors = _without_noise(vectors, spectrum.noise) / root[:, None]
    rank = latent_dim
    if steps is not None:
        values = np.delete(spectrum.values, known)
        rank = int((np.abs(values) > spectrum.noise).sum())
        values[rank:] = 0
        vectors = vectors * values**steps * np.sqrt(degree[chosen].sum())
    factors = np.zeros((size, latent_dim))
    factors[rows[chosen]] = (vectors * _column_signs(vectors))[chosen]
    how = spectrum.residual, spectrum.solver, rank, spectrum.cut
    return SpectralFit(factors, factors, *how)


def largest(matrix: sp.csr_array) -> np.ndarray:
    """Sorted positions ``[n]`` of the largest connected component of ``matrix`` ``[N, N]``."""
    _, component = connected_components(matrix, directed=False)
    return np.flatnonzero(component == np.bincount(component).argmax())


def _regularised(matrix: Operator) -> Operator:
    out_degree, in_degree = _sums(matrix)
    tau = out_degree.mean()
    return _scale(matrix, 1 / np.sqrt(out_degree + tau), 1 / np.sqrt(in_degree + tau))


def _sums(matrix: Operator) -> tuple[np.ndarray, np.ndarray]:
    """Sums of the rows and of the columns."""
    if sp.issparse(matrix):
        return matrix.sum(axis=1), matrix.sum(axis=0)
    return matrix @ np.ones(matrix.shape[1]), matrix.T @ np.ones(matrix.shape[0])


def _scale(matrix: Operator, rows: np.ndarray, columns: np.ndarray) -> Operator:
    left, right = sp.diags_array(rows), sp.diags_array(columns)
    if sp.issparse(matrix):
        return sp.csr_array(left @ matrix @ right)
    return aslinearoperator(left) @ matrix @ aslinearoperator(right)


def _without_noise(vectors: np.ndarray, noise: float) -> np.ndarray:
    """With zeros for what is ``noise`` beside the largest of a column: a last bit has no order."""
    size = np.abs(vectors)
    return np.where(size > noise * size.max(axis=0), vectors, 0.0)


def _column_signs(vectors: np.ndarray) -> np.ndarray:
    """Signs that make each column's entry of largest size positive: eigenvectors have none."""
    rows = np.abs(vectors).argmax(axis=0)
    return np.where(vectors[rows, np.arange(vectors.shape[1])] < 0, -1.0, 1.0)
