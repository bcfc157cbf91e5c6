"""Which embedding suits a connectome of a given size."""

from dataclasses import dataclass

SMALL = 10_000  # neurons up to which the regularised Laplacian is taken
DIMENSIONS = 24


@dataclass(frozen=True)
class Choice:
    """A method and why it was taken.

    Attributes:
        model: name of a file in ``conf/model``.
        latent_dim: its number of latent dimensions.
        reason: one sentence.
    """

    model: str
    latent_dim: int
    reason: str


def choose_method(neurons: int) -> Choice:
    """The method for a map of so many ``neurons``, with source and target factors of each.

    Of the methods that take seconds: LSE tells more cell types of 2,952 neurons of the larval
    brain, ASE of 66,658 neurons of the adult fly (``docs/results/looking-inside.md``). Trained ones
    tell a little more of small brains and take minutes.
    """
    dim = max(1, min(DIMENSIONS, (neurons - 1) // 2))
    seconds = "of the methods that take seconds it tells most cell types of"
    if neurons > SMALL:
        return Choice("spectral", dim, f"{seconds} a brain of more than {SMALL:,} neurons")
    return Choice("lse", dim, f"{seconds} a brain of up to {SMALL:,} neurons")
