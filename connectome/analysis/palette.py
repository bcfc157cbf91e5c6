"""One colour and one marker for each cell type, the same in every picture and page."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex

UNKNOWN = "#000000"
# Tol's muted scheme (personal.sron.nl/~pault): nine hues that every colour vision tells apart.
# With more types than hues, the marker tells apart what has the same hue.
HUES = (
    "#332288",
    "#88CCEE",
    "#CC6677",
    "#117733",
    "#DDCC77",
    "#882255",
    "#44AA99",
    "#AA4499",
    "#999933",
)
MARKERS = ("o", "^", "s", "D", "v", "P")
# Types of the larval brain have a place of their own: related types share a hue.
KNOWN = (
    ("sensory", "PN", "KC", "MBON", "LHN", "DN-VNC", "CN", "RGN", "LN"),
    ("ascending", "PN-somato", "MBIN", "MB-FBN", "MB-FFN", "DN-SEZ", "pre-DN-SEZ", "pre-DN-VNC"),
)
_ALIKE = {"input": "MBIN", "projection": "PN", "Kenyon": "KC", "output": "MBON"}


@dataclass(frozen=True)
class Style:
    """How a cell type is drawn."""

    colour: str
    marker: str


def styles(types: Sequence[str]) -> dict[str, Style]:
    """A style for each of ``types``; that of a known type does not depend on the others.

    The mushroom body's classes look like the larval brain's types that they correspond to.
    Unknown types take the styles that are left, in the order of their names; beyond 54 types
    styles repeat.
    """
    fixed = {name: _fixed(name) for name in types if _fixed(name) is not None}
    free = [
        style
        for style in (Style(hue, marker) for marker, hue in product(MARKERS, HUES))
        if style not in fixed.values()
    ]
    others = sorted(set(types) - set(fixed))
    chosen = {name: free[index % len(free)] for index, name in enumerate(others)}
    return {name: fixed.get(name) or chosen[name] for name in types}


def _fixed(name: str) -> Style | None:
    name = _ALIKE.get(name, name)
    for marker, row in zip(MARKERS, KNOWN, strict=False):
        if name in row:
            return Style(HUES[row.index(name)], marker)
    return None


def in_order(count: int) -> tuple[str, ...]:
    """``count`` colours along a scale, for groups whose order means something."""
    return tuple(to_hex(colour) for colour in colormaps["viridis"](np.linspace(0, 1, count)))
