"""How every figure looks."""

from connectome.analysis.plotting.palette import (
    HUES,
    UNKNOWN,
    Style,
    apart,
    in_order,
    styles,
)
from connectome.analysis.plotting.style import (
    LINES,
    MARKERS,
    PALETTE,
    caption,
    joined,
    plot_latent_dims,
    save_figure,
)

__all__ = [
    "HUES",
    "LINES",
    "MARKERS",
    "PALETTE",
    "UNKNOWN",
    "Style",
    "apart",
    "caption",
    "in_order",
    "joined",
    "plot_latent_dims",
    "save_figure",
    "styles",
]
