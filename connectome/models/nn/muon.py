"""Steps with an orthogonalised momentum."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.775, 2.0315)  # of the quintic polynomial, as published
STEPS = 5  # of the iteration
ADAM_SHARE = 0.2  # of the learning rate, for what is no matrix
BETAS = (0.9, 0.99)
SMALLEST = 1e-7


class Muon(torch.optim.Optimizer):
    r"""Momentum, orthogonalised: all directions of a weight matrix learn equally fast.

    Jordan, Jin, Boza, You, Cesista, Newhouse & Bernstein 2024
    (https://kellerjordan.github.io/posts/muon). The step of a matrix is :func:`near_polar` of its
    Nesterov momentum, times :math:`\sqrt{\max(1, \mathrm{rows}/\mathrm{columns})}`. All in the
    precision of the weights; ``torch.optim.Muon``, of torch 2.9 and later, iterates in bfloat16.

    What is no matrix takes steps of Adam (Kingma & Ba 2015, arXiv:1412.6980), ``adam_share`` times
    as long.

    Args:
        params: tensors or groups of them. ``matrices`` of a group says which parts of its vectors
            ``[W]`` are matrices, ``(start, rows, columns)`` each; None takes the two-dimensional
            parameters, ``()`` none.
        lr: length of a step: largest singular value of that of a square matrix.
        weight_decay: share of ``lr`` by which weights shrink, apart from the gradient.
        momentum: share of the momentum that a step keeps.
        adam_share: learning rate of Adam, over ``lr``.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.03,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
        adam_share: float = ADAM_SHARE,
    ) -> None:
        usual = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(params, usual | {"adam_share": adam_share, "matrices": None})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Take one step by the gradients that there are; what ``closure`` returns, if given."""
        with torch.enable_grad():
            value = None if closure is None else closure()
        for group in self.param_groups:
            known = [one for one in group["params"] if one.grad is not None]
            for one in known:
                if not self.state[one]:
                    self.state[one] = {
                        "step": torch.zeros(()),
                        "mean": torch.zeros_like(one),  # of a matrix its momentum
                        "square": torch.zeros_like(one),
                    }
                self.state[one]["step"] += 1
                one.mul_(1 - group["lr"] * group["weight_decay"])
            self._step(known, group)
        return value

    def _step(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        alike = defaultdict(list)  # matrices of a shape are multiplied at once
        for one in parameters:
            assert one.grad is not None
            state, (matrices, others) = self.state[one], _parts(one, group["matrices"])
            tensors = [x.view(-1) for x in (one, one.grad.contiguous(), state["mean"])]
            for start, rows, columns in matrices:
                part = slice(start, start + rows * columns)
                alike[rows, columns].append([x[part].view(rows, columns) for x in tensors])
            square = state["square"].view(-1)
            rate = group["lr"] * group["adam_share"]
            for part in others:
                own, gradient, mean = (x[part] for x in tensors)
                _adam(own, gradient, (mean, square[part]), rate, float(state["step"]))
        for (rows, columns), found in alike.items():
            length = group["lr"] * max(1.0, rows / columns) ** 0.5
            momenta = []
            for _, gradient, mean in found:
                mean.lerp_(gradient, 1 - group["momentum"])
                momenta.append(gradient.lerp(mean, group["momentum"]))
            for (weights, *_), step in zip(found, near_polar(torch.stack(momenta)), strict=True):
                weights.sub_(step, alpha=length)


def near_polar(matrices: Tensor) -> Tensor:
    r"""``[B, R, C]``: each of ``matrices`` ``[B, R, C]`` with all its singular values near 1.

    From :math:`U S V^\top` to about :math:`U V^\top`, its orthogonal polar factor: five steps of a
    Newton-Schulz iteration whose polynomial lifts small singular values fastest, and leaves those
    above a hundredth of the largest between .68 and 1.14. Of an oblong matrix the polynomials are
    multiplied first, which are of the size of its shorter side.
    """
    if matrices.shape[-2] < matrices.shape[-1]:
        return near_polar(matrices.mT).mT
    norm = matrices.square().sum(dim=(-2, -1), keepdim=True).sqrt()
    scaled = matrices / norm.clamp(min=SMALLEST)
    if matrices.shape[-2] < 2 * matrices.shape[-1]:
        for _ in range(STEPS):
            scaled = scaled @ _polynomial(scaled.mT @ scaled)
        return scaled
    gram = scaled.mT @ scaled
    product = factor = _polynomial(gram)
    for _ in range(STEPS - 1):
        gram = factor @ gram @ factor
        factor = _polynomial(gram)
        product = product @ factor
    return scaled @ product


def _polynomial(gram: Tensor) -> Tensor:
    first, second, third = COEFFICIENTS
    even = torch.baddbmm(gram, gram, gram, beta=second, alpha=third)
    even.diagonal(dim1=-2, dim2=-1).add_(first)
    return even


def _parts(
    parameter: Tensor, matrices: tuple[tuple[int, int, int], ...] | None
) -> tuple[tuple[tuple[int, int, int], ...], list[slice]]:
    """Matrices of the flat ``parameter``, and what lies between them."""
    if matrices is None:
        matrices = ((0, *parameter.shape),) if parameter.ndim == 2 else ()
    assert matrices is not None
    ends = [0, *(start + rows * columns for start, rows, columns in matrices)]
    starts = [*(start for start, _, _ in matrices), parameter.numel()]
    others = [slice(a, b) for a, b in zip(ends, starts, strict=True) if a < b]
    return matrices, others


def _adam(
    weights: Tensor, gradient: Tensor, moments: tuple[Tensor, Tensor], rate: float, step: float
) -> None:
    mean, square = moments
    mean.lerp_(gradient, 1 - BETAS[0])
    square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
    height = (square / (1 - BETAS[1] ** step)).sqrt_().add_(1e-8)
    weights.addcdiv_(mean, height, value=-rate / (1 - BETAS[0] ** step))
