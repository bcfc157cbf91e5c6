"""Columns of edge lists and neuron tables as the field's tools write them."""

import re
from collections.abc import Collection
from dataclasses import dataclass

AUTO = "auto"
CAVE = "CAVE"
COLUMNS, COUNTS = "columns", "counts"  # what may be guessed


@dataclass(frozen=True)
class Header:
    """Columns of an edge list.

    Attributes:
        writer: who writes them.
        pre, post: columns of the presynaptic and the postsynaptic neuron.
        synapses: column of the synapse count; None if each row is one synapse.
        guessed: what was guessed by usual names: nothing, ``columns`` or ``counts`` alone.
    """

    writer: str
    pre: str
    post: str
    synapses: str | None = None
    guessed: str = ""

    @property
    def columns(self) -> dict[str, str]:
        """The columns by their role, ``synapses`` if there are counts."""
        ends = {"pre": self.pre, "post": self.post}
        return ends if self.synapses is None else ends | {"synapses": self.synapses}


HEADERS = (
    Header("Codex", "pre_root_id", "post_root_id", "syn_count"),
    Header(CAVE, "pre_pt_root_id", "post_pt_root_id"),
    Header("neuPrint", "bodyId_pre", "bodyId_post", "weight"),
    Header("male CNS", "body_pre", "body_post", "weight"),
    Header("sjcabs", "pre", "post", "count"),
    Header("this package", "pre", "post", "synapses"),
)
PLAIN = Header("", "pre", "post")
ID_COLUMNS = ("neuron_id", "root_id", "pt_root_id", "bodyId", "body", "id")
# Usual words for the two ends, alone or beside one for ids, whatever stands between the words.
SIDES = (
    ("pre", "post"),
    ("presyn", "postsyn"),
    ("presynaptic", "postsynaptic"),
    ("source", "target"),
    ("from", "to"),
    ("src", "dst"),
)
OF_IDS = (
    *("", "id", "neuron", "neuronid", "cell", "cellid", "node", "nodeid", "body", "bodyid"),
    *("root", "rootid", "ptroot", "ptrootid", "seg", "segid", "segmentid", "skid", "skeletonid"),
)
USUAL_ENDS = {
    form.format(pre): form.format(post)
    for pre, post in SIDES
    for one in OF_IDS
    for form in (f"{{}}{one}", f"{one}{{}}")
}
USUAL_COUNTS = {
    *("weight", "weights", "count", "counts", "synapses", "syncount", "syncounts", "synapsecount"),
    *("nsyn", "nsyns", "nsynapses", "numsyn", "numsynapses", "numberofsynapses"),
}


def recognised(names: Collection[str], asked: Header) -> Header:
    """The columns of an edge list: those that were named, and for ``auto`` those of a known tool.

    Where no tool is known, columns with usual names are guessed, whatever their capitals and signs:
    ``Source`` and ``Target``, ``from_id`` and ``to_id`` (:data:`SIDES`, :data:`OF_IDS`), and one of
    :data:`USUAL_COUNTS`. Nothing is guessed where two fit.

    Args:
        names: columns of the file.
        asked: columns that were named, any of which may be ``auto``.

    Returns:
        the columns; ``writer`` is empty where no tool is recognised. Columns that are not found
        are called ``pre`` and ``post``, and each row is then one synapse.
    """
    found = _of_tool(names, asked) or _usual(names, asked) or PLAIN
    pre = found.pre if asked.pre == AUTO else asked.pre
    post = found.post if asked.post == AUTO else asked.post
    counts, guessed = found.synapses, found.guessed
    if asked.synapses != AUTO:
        counts = asked.synapses
    elif counts is None:
        usual = [
            name for name in names if plain_name(name) in USUAL_COUNTS and name not in (pre, post)
        ]
        counts = usual[0] if len(usual) == 1 else None
        guessed = guessed or (COUNTS if counts else "")
    known = AUTO in (asked.pre, asked.post) or (asked.synapses == AUTO and counts is not None)
    return Header(found.writer if known else "", pre, post, counts, guessed)


def _of_tool(names: Collection[str], asked: Header) -> Header | None:
    """The columns of the first tool whose columns are all there and are not named otherwise."""
    for header in HEADERS:
        ends = {header.pre, header.post} <= set(names)
        named = asked.pre in (AUTO, header.pre) and asked.post in (AUTO, header.post)
        if ends and named and (header.synapses is None or header.synapses in names):
            return header
    return None


def _usual(names: Collection[str], asked: Header) -> Header | None:
    """The two ends by usual names, if just one pair of columns has such."""
    if {PLAIN.pre, PLAIN.post} <= set(names):
        return None
    there: dict[str, list[str]] = {}
    for name in names:
        there.setdefault(plain_name(name), []).append(name)
    pairs = [
        Header("", pre, post, guessed=COLUMNS)
        for first, second in USUAL_ENDS.items()
        for pre in there.get(first, ())
        for post in there.get(second, ())
        if asked.pre in (AUTO, pre) and asked.post in (AUTO, post)
    ]
    return pairs[0] if len(pairs) == 1 and AUTO in (asked.pre, asked.post) else None


def plain_name(name: str) -> str:
    """Small letters and digits alone: ``Pre.Root ID`` is ``prerootid``."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def id_column(names: Collection[str]) -> str | None:
    """The column of ids of a neuron table: the first of :data:`ID_COLUMNS` that is there.

    Without any of these it is the only one with a usual name, such as ``Cell ID``: ``neuron``, or
    one of :data:`OF_IDS` that says that it is an id.
    """
    known = next((name for name in ID_COLUMNS if name in names), None)
    words = {word for word in OF_IDS if word.endswith("id")} | {"neuron"}
    usual = [name for name in names if plain_name(name) in words]
    return usual[0] if known is None and len(usual) == 1 else known
