"""Generative models that whole connectomes can be drawn from."""

from connectome.models.generative.calibrated_law import (
    MOST_NEURONS,
    Calibrated,
    Groups,
    calibrate,
    with_margins,
)
from connectome.models.generative.closing import fit_closing
from connectome.models.generative.copula import (
    ConnectomeLaw,
    Coupling,
    fit_coupling,
)
from connectome.models.generative.dcsbm import fit_blocks

__all__ = [
    "MOST_NEURONS",
    "Calibrated",
    "ConnectomeLaw",
    "Coupling",
    "Groups",
    "calibrate",
    "fit_blocks",
    "fit_closing",
    "fit_coupling",
    "with_margins",
]
