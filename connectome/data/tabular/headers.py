"""Columns of edge lists and neuron tables as the field's tools write them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

AUTO = "auto"


@dataclass(frozen=True)
class Header:
    """Columns of an edge list.

    Attributes:
        writer: who writes them.
        pre, post: columns of the presynaptic and the postsynaptic neuron.
        synapses: column of the synapse count; None if each row is one synapse.
    """

    writer: str
    pre: str
    post: str
    synapses: str | None = None

    @property
    def columns(self) -> dict[str, str]:
        """The columns by their role, ``synapses`` if there are counts."""
        ends = {"pre": self.pre, "post": self.post}
        return ends if self.synapses is None else ends | {"synapses": self.synapses}


HEADERS = (
    Header("Codex", "pre_root_id", "post_root_id", "syn_count"),
    Header("CAVE", "pre_pt_root_id", "post_pt_root_id"),
    Header("neuPrint", "bodyId_pre", "bodyId_post", "weight"),
    Header("male CNS", "body_pre", "body_post", "weight"),
    Header("sjcabs", "pre", "post", "count"),
    Header("this package", "pre", "post", "synapses"),
)
PLAIN = Header("", "pre", "post")
ID_COLUMNS = ("neuron_id", "root_id", "pt_root_id", "bodyId", "body", "id")


def recognised(names: Collection[str], pre: str, post: str, synapses: str | None) -> Header:
    """The columns of an edge list: those that were named, and for ``auto`` those of a known tool.

    Args:
        names: columns of the file.
        pre, post: columns, or ``auto``.
        synapses: column, None to count each row as one synapse, or ``auto``.

    Returns:
        the columns; ``writer`` is empty where no tool is recognised. Columns that are not found
        are called ``pre`` and ``post``, and each row is then one synapse.
    """
    found = PLAIN
    for header in HEADERS:
        ends = {header.pre, header.post} <= set(names)
        named = pre in (AUTO, header.pre) and post in (AUTO, header.post)
        if ends and named and (header.synapses is None or header.synapses in names):
            found = header
            break
    own = found.synapses if synapses == AUTO else synapses
    known = AUTO in (pre, post) or (synapses == AUTO and own is not None)
    return Header(
        found.writer if known else "",
        found.pre if pre == AUTO else pre,
        found.post if post == AUTO else post,
        own,
    )


def id_column(names: Sequence[str], given: str = AUTO) -> str:
    """The column of ids of a neuron table: ``given``, or for ``auto`` the first known name."""
    if given != AUTO:
        return given
    return next((name for name in ID_COLUMNS if name in names), ID_COLUMNS[0])
