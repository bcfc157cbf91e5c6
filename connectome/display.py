"""How the figures and pages of a data set look: plain, and of no effect on any result."""

from dataclasses import dataclass

MOST_ROWS, MOST_COLUMNS = 6, 9  # markers, and hues that every colour vision tells apart


@dataclass(frozen=True)
class Display:
    """What a data set says of its own figures.

    Attributes:
        type_rows: rows of cell types. Those in one column share a hue, those in one row a marker;
            None leaves a place free for other types.
        homolog_levels: pairs of a label and a published hits@1 of left-right homologs, drawn dashed
            beside our own.
        links: pairs of a name and the address of a page on a neuron, with ``{id}`` for its id.
    """

    type_rows: tuple[tuple[str | None, ...], ...] = ()
    homolog_levels: tuple[tuple[str, float], ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    def places(self) -> dict[str, tuple[int, int]]:
        """Row and column of each cell type that has a place of its own."""
        return {
            name: (row, column)
            for row, names in enumerate(self.type_rows)
            for column, name in enumerate(names)
            if name is not None
        }


def link_fault(address: object) -> str | None:
    """What is wrong with the address of a page on a neuron; None for nothing.

    The page of the explorer opens it in a browser, so that nothing but https will do.
    """
    if not isinstance(address, str) or not address.startswith("https://"):
        return "must begin with https://"
    if address.count("{id}") != 1:
        return "must hold {id} once, where the id of the neuron goes"
    if any(sign.isspace() or not sign.isprintable() for sign in address):
        return "must be without spaces"
    return None
