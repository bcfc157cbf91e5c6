"""Of which types a link is, given that there is one."""

from dataclasses import dataclass

from torch import Tensor

from connectome.scores.counts import CountModel
from connectome.scores.embedding import Embedding
from connectome.scores.readout import Readout, require_fit
from connectome.types import InputError


@dataclass(frozen=True, eq=False, repr=False)
class EdgeTypeModel:
    """Probability of each of ``T`` edge types, given a link; a link may be of several.

    Attributes:
        embedding: the embedding that it was trained with.
        readout: ``T`` answers a pair, the logits.
        names: the types.

    Raises:
        InputError: if the readout fits neither the embedding nor the names.
    """

    embedding: Embedding
    readout: Readout
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        require_fit(self.readout, self.embedding)
        if len(self.names) != len(self.readout.offset):
            raise InputError(
                f"edge types: {len(self.names)} names for {len(self.readout.offset)} types"
            )

    def __repr__(self) -> str:
        return f"<EdgeTypeModel ({', '.join(self.names)}) of {self.embedding!r}>"

    def logits(self, pairs: Tensor) -> Tensor:
        """Logits ``[P, T]`` float64 of ``pairs`` ``[2, P]``, if they are linked."""
        return self.readout(self.embedding, pairs)

    def probabilities(self, pairs: Tensor) -> Tensor:
        """Probabilities ``[P, T]`` float64 of ``pairs`` ``[2, P]``, if they are linked."""
        return self.logits(pairs).sigmoid()


@dataclass(frozen=True, eq=False)
class LinkDetails:
    """What a method knows of a link beside that it is there.

    Attributes:
        counts: its number of synapses, or None.
        edge_types: its types, or None.
    """

    counts: CountModel | None = None
    edge_types: EdgeTypeModel | None = None
