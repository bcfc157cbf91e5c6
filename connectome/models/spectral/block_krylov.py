r"""Leading eigenpairs from products with a whole block of vectors, on any device.

Randomised block Krylov iteration (Halko et al. 2011, doi:10.1137/090771806; Musco & Musco 2015,
arXiv:1504.05477): from a random block :math:`X` the span of :math:`X, AX, \dots, A^qX`, and in it
the best approximations to eigenvectors (Rayleigh & Ritz). Unlike scikit-learn's
``randomized_svd`` and torch's ``svd_lowrank``, which take a fixed number of steps, it starts again
from the best block until the residuals are small, keeps the sign of eigenvalues, and runs where
the products do.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Which = Literal["LM", "LA"]
Product = Callable[[Tensor], Tensor]

OVERSAMPLING = 8  # vectors beside those that are wanted; Halko et al. 2011 advise 5 to 10
DEPTH = 12  # blocks between two restarts: two cycles where 3 took 34 (docs/results/scale.md)
FLOOR = 1e-13  # what rounding leaves of a residual, relative to the largest eigenvalue


def block_krylov(
    product: Product,
    size: int,
    count: int,
    which: Which,
    device: torch.device | str = "cpu",
    tolerance: float = 1e-7,
    max_cycles: int = 100,
) -> tuple[Tensor, Tensor]:
    """Leading eigenpairs of a symmetric operator, best first.

    Args:
        product: maps ``[N, b]`` float64 to the operator's product with it.
        size: ``N``.
        count: number of eigenpairs ``k``.
        which: largest in magnitude (``LM``) or largest (``LA``).
        device: of the vectors that ``product`` is given.
        tolerance: of each residual norm, relative to its own eigenvalue.
        max_cycles: number of restarts after which the best so far is returned, converged or not;
            whoever calls checks.

    Returns:
        Values ``[k]`` and orthonormal vectors ``[N, k]``; the same for equal inputs on one device.
    """
    width = min(size, count + OVERSAMPLING)
    generator = torch.Generator(device).manual_seed(0)

    def draw() -> Tensor:
        shape = (size, width)
        return torch.randn(shape, generator=generator, dtype=torch.float64, device=device)

    block = torch.linalg.qr(draw())[0]
    for cycle in range(max_cycles):
        image = product(block)
        values = (block * image).sum(dim=0)
        residual = (image - block * values).norm(dim=0)
        scale = values.abs().max()
        # the random start is no approximation, however small its residual
        if cycle and bool((residual <= tolerance * values.abs() + FLOOR * scale)[:count].all()):
            break
        basis, inner = _expand(product, block, image, draw)
        block = basis @ _ritz(inner, which)[:, :width]
    return values[:count], block[:, :count]


def _expand(
    product: Product, block: Tensor, image: Tensor, draw: Callable[[], Tensor]
) -> tuple[Tensor, Tensor]:
    """Orthonormal basis ``[N, r]`` of the Krylov space, and the operator in it ``[r, r]``.

    The basis is filled in place, since it is the largest thing in memory. A trace of noise
    from ``draw`` gives directions where the operator has no more of them, as one of low rank.
    """
    size, width = block.shape
    steps = min(DEPTH, max(1, size // width))
    basis = block.new_empty(size, width * steps)
    inner = block.new_zeros(width * steps, width * steps)
    basis[:, :width] = block
    for step in range(steps):
        done = width * (step + 1)
        inner[:done, done - width : done] = basis[:, :done].T @ image
        if step + 1 == steps:
            break
        fresh = image + FLOOR * image.abs().max() * draw()
        for _ in range(2):  # once leaves errors of the size of what it takes away
            fresh = fresh - basis[:, :done] @ (basis[:, :done].T @ fresh)
            fresh = torch.linalg.qr(fresh)[0]
        basis[:, done : done + width] = fresh
        image = product(fresh)
    return basis, inner.triu() + inner.triu(1).T


def _ritz(inner: Tensor, which: Which) -> Tensor:
    """Eigenvectors of the small symmetric matrix, best first."""
    values, vectors = torch.linalg.eigh(inner)
    order = torch.argsort(values.abs() if which == "LM" else values, descending=True, stable=True)
    return vectors[:, order]
