"""Columns of edge lists and neuron tables as the field's tools write them."""

from collections.abc import Collection
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


def recognised(names: Collection[str], asked: Header) -> Header:
    """The columns of an edge list: those that were named, and for ``auto`` those of a known tool.

    Args:
        names: columns of the file.
        asked: columns that were named, any of which may be ``auto``.

    Returns:
        the columns; ``writer`` is empty where no tool is recognised. Columns that are not found
        are called ``pre`` and ``post``, and each row is then one synapse.
    """
    found = PLAIN
    for header in HEADERS:
        ends = {header.pre, header.post} <= set(names)
        named = asked.pre in (AUTO, header.pre) and asked.post in (AUTO, header.post)
        if ends and named and (header.synapses is None or header.synapses in names):
            found = header
            break
    counts = found.synapses if asked.synapses == AUTO else asked.synapses
    known = AUTO in (asked.pre, asked.post) or (asked.synapses == AUTO and counts is not None)
    return Header(
        found.writer if known else "",
        found.pre if asked.pre == AUTO else asked.pre,
        found.post if asked.post == AUTO else asked.post,
        counts,
    )


def id_column(names: Collection[str]) -> str | None:
    """The column of ids of a neuron table: the first of :data:`ID_COLUMNS` that is there."""
    return next((name for name in ID_COLUMNS if name in names), None)
