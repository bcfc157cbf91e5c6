"""Factors of all pairs, fitted by Newton steps from a spectral start."""

from connectome.models.factors.newton import Columns, Factors, Penalty, Side, sweep
from connectome.models.factors.start import spectral_start

__all__ = ["Columns", "Factors", "Penalty", "Side", "spectral_start", "sweep"]
