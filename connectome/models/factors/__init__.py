"""Factors of all pairs, fitted by Newton steps from a spectral start."""

from connectome.models.factors.newton import sweep
from connectome.models.factors.parts import Columns, Factors, Penalty, Side
from connectome.models.factors.start import spectral_start

__all__ = ["Columns", "Factors", "Penalty", "Side", "spectral_start", "sweep"]
