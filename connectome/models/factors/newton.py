"""Alternating Newton steps for factors: no learning rate and no schedule.

The decrement of a step is that of Boyd & Vandenberghe (2004), Convex Optimization, section 9.5
(https://web.stanford.edu/~boyd/cvxbook). Dropout enters by its second order, as a ridge that
follows the curvature (Wager, Wang & Liang 2013, arXiv:1307.1493).
"""

import torch
from torch import Tensor

from connectome.models.factors.parts import Columns, Factors, Penalty, Side
from connectome.models.factors.recipes import RECIPES, Recipe

TILE = 2**20  # pairs at a time, which stay near the cache
LEAST = 1e-4  # curvature that every unknown has


def sweep(
    factors: Factors,
    sides: tuple[Side, Side],
    penalty: Penalty,
    columns: tuple[Columns, Columns],
    curved: tuple[Columns, Columns] | None = None,
    stretch: float = 1.0,
    recipe: Recipe = RECIPES["inner_product"],
) -> tuple[Factors, float]:
    """One Newton step of every sender with receivers fixed, then of every receiver.

    With one side fixed the loss of :func:`connectome.models.losses.block_likelihood.block_loss` is
    a problem of ``d + 1`` unknowns for each neuron of the other side, convex for products. Its
    gradient and its curvature over all pairs are matrix products.

    Args:
        factors: where to start.
        sides: senders and receivers.
        penalty: of the factors.
        columns: receivers whose absent pairs stand for all in the slopes of the first half,
            senders in those of the second.
        curved: the same in the curvatures; None takes ``columns``. A step needs its length less
            exactly than its aim, so few of them do (Byrd, Chin, Neveitt & Nocedal 2011,
            https://doi.org/10.1137/10079923X).
        stretch: of each step, below 2. Two sides that wait for each other creep along a valley;
            steps beyond the bottom cross it sooner (successive over-relaxation: Young 1954,
            https://doi.org/10.2307/1990745).
        recipe: of what compares the factors.

    Returns:
        The factors after it, and by how much the steps lower the loss as its parabola has it (the
        Newton decrement), in its units.
    """
    (there, back), (first, second) = sides, curved or columns
    received, receiver = factors.received, factors.receiver
    sent, sender, fell = half_sweep(
        (factors.sent, factors.sender),
        (received, receiver),
        there,
        penalty,
        columns[0],
        first,
        stretch,
        recipe,
    )
    received, receiver, more = half_sweep(
        (received, receiver), (sent, sender), back, penalty, columns[1], second, stretch, recipe
    )
    level = (sender.mean() - receiver.mean()) / 2  # changes no logit, and makes both small
    return Factors(sent, received, sender - level, receiver + level), fell + more


def half_sweep(
    own: tuple[Tensor, Tensor],
    other: tuple[Tensor, Tensor],
    side: Side,
    penalty: Penalty,
    columns: Columns,
    curved: Columns | None = None,
    stretch: float = 1.0,
    recipe: Recipe = RECIPES["inner_product"],
) -> tuple[Tensor, Tensor, float]:
    """Factors ``[N, d]`` and biases ``[N]`` of one side after a Newton step, and its decrement.

    Args:
        own: factors ``[N, d]`` and biases ``[N]`` of the side that moves.
        other: the same of the side that does not.
        side: its links and weights.
        penalty: of factors and biases.
        columns: of the other side, for the slopes.
        curved: of the other side, for the curvatures; None takes ``columns``.
        stretch: of each step.
        recipe: of what compares the factors.
    """
    mine, bias = own
    n, d = mine.shape
    unknown = torch.cat([mine, bias[:, None]], dim=1)
    terms = recipe.terms(unknown, other, side, columns, curved or columns)
    ridge = torch.full((d + 1,), 2 * penalty.factors, dtype=mine.dtype, device=mine.device)
    ridge[d] = 2 * penalty.biases
    rest = torch.zeros_like(ridge)
    rest[d] = bias.mean() if recipe.level else 0
    out, decrement = torch.empty_like(unknown), 0.0
    height = max(TILE // len(columns.index), 16)
    for start in range(0, n, height):
        rows = torch.arange(start, min(start + height, n), device=mine.device)
        gradient, hessian = terms.of_rows(rows)
        gradient += ridge * (unknown[rows] - rest)
        diagonal = hessian.diagonal(dim1=1, dim2=2)
        noise = diagonal[:, :d] * (penalty.dropout / (1 - penalty.dropout))
        gradient[:, :d] += noise * unknown[rows, :d]
        diagonal += ridge + LEAST
        diagonal[:, :d] += noise
        step = torch.cholesky_solve(gradient[:, :, None], torch.linalg.cholesky(hessian))[..., 0]
        length = step.norm(dim=1, keepdim=True).clamp(min=recipe.longest)
        out[rows] = unknown[rows] - step * (stretch * recipe.longest / length)
        decrement += 0.5 * float((gradient * step).sum())
    return out[:, :d], out[:, d], decrement
