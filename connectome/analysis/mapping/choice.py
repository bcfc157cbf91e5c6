"""Which embedding suits a connectome of a given size."""

from dataclasses import dataclass

MOST_TRAINED = 10_000  # neurons: with more, training takes minutes on two cores
DIMENSIONS = 24
EPOCHS = 20  # of 20 steps


@dataclass(frozen=True)
class Choice:
    """A method and why it was taken.

    Attributes:
        model: name of a file in ``conf/model``.
        latent_dim: its number of latent dimensions.
        options: what else train.py is told, ``KEY=VALUE``.
        reason: one sentence.
    """

    model: str
    latent_dim: int
    options: tuple[str, ...]
    reason: str


def choose_method(neurons: int) -> Choice:
    """The method for a map of so many ``neurons``, with source and target factors of each.

    The logistic factor model has the best features for cell types among the methods of a minute;
    the adjacency spectral embedding has the best of those that need no training
    (``docs/results/looking-inside.md``).
    """
    if neurons > MOST_TRAINED:
        dim = DIMENSIONS
        return Choice(
            "spectral",
            dim,
            (),
            f"{neurons:,} neurons are more than {MOST_TRAINED:,}, so that training would take long;"
            " of the methods without it, this one tells most cell types",
        )
    dim = max(2, min(DIMENSIONS, neurons // 4))
    return Choice(
        "factor",
        dim,
        (f"trainer.max_epochs={EPOCHS}",),
        f"up to {MOST_TRAINED:,} neurons it is trained within a minute, and tells most cell types",
    )
