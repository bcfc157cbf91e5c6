"""A small network that maps the factors of a neuron, kept as plain numbers."""

from itertools import pairwise

from torch import Tensor
from torch.nn import functional as F


def network_size(widths: tuple[int, ...]) -> int:
    """How many weights a network of these ``widths`` (inputs, hidden layers, outputs) has."""
    layers = sum(rows * columns + columns for rows, columns in pairwise(widths))
    return layers + widths[0] * widths[-1]


def apply_network(weights: Tensor, widths: tuple[int, ...], inputs: Tensor) -> Tensor:
    r"""A multilayer perceptron beside a linear map: :math:`\mathrm{MLP}(x) + x L`.

    Between layers stands the exact GELU (Hendrycks & Gimpel 2016, arXiv:1606.08415). With
    :math:`\mathrm{MLP} = 0` and :math:`L` an orthogonal matrix the inner product of two outputs is
    that of the inputs.

    Args:
        weights: ``[W]`` all weights in a row: layer by layer matrix ``[in, out]`` and offsets
            ``[out]``, then ``L``.
        widths: numbers of inputs, of units of each hidden layer, and of outputs ``K``.
        inputs: ``[N, d]``.

    Returns:
        ``[N, K]``.
    """
    layers = [*pairwise(widths)]
    sizes = [size for rows, columns in layers for size in (rows * columns, columns)]
    parts = weights.split([*sizes, widths[0] * widths[-1]])  # whose gradients are joined at once
    hidden = inputs
    for layer, shape in enumerate(layers):
        matrix, offset = parts[2 * layer].view(shape), parts[2 * layer + 1]
        hidden = (F.gelu(hidden) if layer else hidden) @ matrix + offset
    return hidden + inputs @ parts[-1].view(widths[0], widths[-1])
