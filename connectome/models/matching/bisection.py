"""The wiring of two hemispheres, block by block."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from connectome.models.matching.weights import BY_COUNT
from connectome.types import InputError

TRANSFORMS = ("log1p", "rank", "binary", "none")


@dataclass(frozen=True, eq=False)
class Bisection:
    """The wiring of two hemispheres; rows are presynaptic.

    Attributes:
        left: ``[L, L]`` sparse, within the left hemisphere.
        right: ``[R, R]`` sparse, within the right one.
        left_to_right: ``[L, R]`` sparse.
        right_to_left: ``[R, L]`` sparse.
    """

    left: sp.csr_array
    right: sp.csr_array
    left_to_right: sp.csr_array
    right_to_left: sp.csr_array

    @property
    def shape(self) -> tuple[int, int]:
        """Neurons on the left and on the right."""
        return self.left.shape[0], self.right.shape[0]

    def part(self, left: np.ndarray, right: np.ndarray) -> "Bisection":
        """The same of neurons at ``left`` ``[l]`` and ``right`` ``[r]``, in that order."""
        return Bisection(
            self.left[left][:, left],
            self.right[right][:, right],
            self.left_to_right[left][:, right],
            self.right_to_left[right][:, left],
        )

    def ipsilateral(self) -> "Bisection":
        """The same without connections across the midline: plain graph matching."""
        left, right = self.shape
        nothing = sp.csr_array((left, right)), sp.csr_array((right, left))
        return Bisection(self.left, self.right, *nothing)


def bisect(matrix: sp.csr_array, left: np.ndarray, right: np.ndarray) -> Bisection:
    """Blocks of ``matrix`` ``[N, N]`` at positions ``left`` ``[L]`` and ``right`` ``[R]``."""
    top, bottom = matrix[left], matrix[right]
    return Bisection(top[:, left], bottom[:, right], top[:, right], bottom[:, left])


def transform_weights(synapses: np.ndarray, transform: str = "log1p") -> np.ndarray:
    """Edge weights ``[E]`` from the counts ``synapses`` ``[E]``.

    ``transform`` is ``log1p``, ``rank`` (0..1), ``binary`` or ``none``.

    Raises:
        InputError: for another name.
    """
    if transform not in TRANSFORMS:
        raise InputError(f"unknown transform '{transform}'; choose one of {', '.join(TRANSFORMS)}")
    return BY_COUNT[transform](synapses)
