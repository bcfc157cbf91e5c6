"""Whether a label was drawn by connectivity: agreement with one that was is partly circular."""

from connectome.types import Connectome


def origin_of(connectome: Connectome, label: str) -> str:
    """One sentence on what the label is worth as a judge of what wiring tells.

    Args:
        connectome: the brain, with what its source says of labels.
        label: a column.
    """
    known = connectome.drawn_by_connectivity
    others = [name for name, drawn in known.items() if not drawn and name in connectome.neurons]
    if label not in known:
        return (
            f"{connectome.name} does not say whether '{label}' was drawn by connectivity; if it "
            f"was, the scores are partly circular (data.drawn_by_connectivity.{label}=true)"
        )
    if not known[label]:
        return f"'{label}' was not drawn by connectivity, so the scores are not circular"
    instead = f"; these labels were not: {', '.join(others)}" if others else ""
    return (
        f"'{label}' was drawn with the help of connectivity, so the scores are partly circular"
        f"{instead}"
    )
