"""One colour and one marker for each cell type, the same in every picture and page."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import hsv_to_rgb, to_hex, to_rgb

from connectome.display import MOST_COLUMNS, MOST_ROWS, Display

UNKNOWN = "#000000"
# Tol's muted scheme (personal.sron.nl/~pault): nine hues that every colour vision tells apart.
# With more types than hues, shade and marker tell apart what has the same hue.
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
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of the three primaries of sRGB
SHADE = (0.0, 0.45, 0.65, 0.25, 0.55, 0.35)
MARKERS = ("o", "^", "s", "D", "v", "P")


@dataclass(frozen=True)
class Style:
    """How a cell type is drawn."""

    colour: str
    marker: str


def styles(types: Sequence[str], *displays: Display) -> dict[str, Style]:
    """A style for each of ``types``.

    A type that one of ``displays`` gives a place has the style of that place (the first one's,
    where several do), whatever the others are. Other types take the styles that are left, in the
    order of their names; beyond 54 types styles repeat.
    """
    places: dict[str, tuple[int, int]] = {}
    for display in reversed(displays):
        places |= display.places()
    fixed = {name: _style(*places[name]) for name in types if name in places}
    every = (_style(*place) for place in product(range(MOST_ROWS), range(MOST_COLUMNS)))
    free = [style for style in every if style not in fixed.values()]
    others = sorted(set(types) - set(fixed))
    chosen = {name: free[index % len(free)] for index, name in enumerate(others)}
    return {name: fixed.get(name) or chosen[name] for name in types}


def _style(row: int, column: int) -> Style:
    """Row 0 has the pure hues; the others are lighter where the hue is dark, and darker if light.

    The further down, the more: 54 different colours.
    """
    red, green, blue = to_rgb(HUES[column])
    towards = 1.0 if np.dot((red, green, blue), LUMINANCE) < 0.45 else 0.0
    mixed = [shade + (towards - shade) * SHADE[row] for shade in (red, green, blue)]
    return Style(to_hex((mixed[0], mixed[1], mixed[2])), MARKERS[row])


def apart(sizes: np.ndarray) -> tuple[str, ...]:
    """A colour for each of any number of groups of ``sizes`` ``[K]``, the largest furthest apart.

    The golden angle puts each hue into the widest gap that is left; lightness and saturation
    alternate. Hundreds of colours differ, but nobody can name them: a page needs names besides.
    """
    rank = np.empty(len(sizes), dtype=np.int64)
    rank[np.argsort(-np.asarray(sizes), kind="stable")] = np.arange(len(sizes))
    hue = rank * (3 - np.sqrt(5)) / 2 % 1
    value = np.where(rank % 2 == 0, 0.85, 0.6)
    saturation = np.where(rank % 3 == 0, 0.95, 0.65)
    return tuple(map(to_hex, hsv_to_rgb(np.column_stack([hue, saturation, value]))))


def in_order(count: int) -> tuple[str, ...]:
    """``count`` colours along a scale, for groups whose order means something."""
    return tuple(to_hex(colour) for colour in colormaps["viridis"](np.linspace(0, 1, count)))
