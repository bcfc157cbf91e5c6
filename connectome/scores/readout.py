"""Further answers about a pair of neurons, read from what its link score compares."""

from dataclasses import dataclass

from torch import Tensor

from connectome.scores.embedding import Embedding
from connectome.types import InputError


@dataclass(frozen=True, eq=False, repr=False)
class Readout:
    r"""``R`` numbers for each pair: :math:`(\phi_i \odot \psi_j) W + b_i + c_j + o`.

    :math:`\phi` and :math:`\psi` are what the link score of an :class:`Embedding` compares, so the
    same few factors answer all questions. This is DistMult (Yang et al. 2015, arXiv:1412.6575)
    with a relation for each question; as senders and receivers have vectors of their own here,
    it tells ``i -> j`` from ``j -> i``.

    Attributes:
        weights: ``[K, R]`` float32, ``W``.
        offset: ``[R]`` float32, ``o``.
        source_bias, target_bias: ``[N, R]`` float32, ``b`` and ``c``, or None.

    Raises:
        InputError: if these do not fit together, and for NaN or infinity.
    """

    weights: Tensor
    offset: Tensor
    source_bias: Tensor | None = None
    target_bias: Tensor | None = None

    def __post_init__(self) -> None:
        answers = len(self.offset)
        parts = (self.weights, self.source_bias, self.target_bias)
        if any(part is not None and part.shape[1:] != (answers,) for part in parts):
            raise InputError(f"readout: weights and biases must have {answers} columns")
        if not all(bool(p.isfinite().all()) for p in (*parts, self.offset) if p is not None):
            raise InputError(
                "readout: NaN or infinite weights; training diverged, so lower model.learning_rate"
            )

    def __call__(self, embedding: Embedding, pairs: Tensor) -> Tensor:
        """Answers ``[P, R]`` float64 for ``pairs`` ``[2, P]`` (positions)."""
        source, target = (
            side.index_select(0, ends).double()
            for side, ends in zip(embedding.compared, pairs, strict=True)
        )
        value = (source * target) @ self.weights.double() + self.offset.double()
        for bias, ends in zip((self.source_bias, self.target_bias), pairs, strict=True):
            if bias is not None:
                value = value + bias.index_select(0, ends)
        return value

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The tensors that it consists of by name, each with the shape ``[...]`` given above."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}


def require_fit(readout: Readout, embedding: Embedding) -> None:
    """Refuse a readout of another embedding.

    Raises:
        InputError: if it has another number of neurons or of compared dimensions.
    """
    n, rank = embedding.compared[0].shape
    biases = [b for b in (readout.source_bias, readout.target_bias) if b is not None]
    if len(readout.weights) != rank or any(len(bias) != n for bias in biases):
        raise InputError(
            f"{embedding.method}: the readout is of another embedding than this one of {n} neurons "
            f"that compares {rank} dimensions"
        )
