"""Factors of all pairs, fitted by Newton steps from a spectral start."""

from connectome.models.factors.fit import NewtonFit
from connectome.models.factors.jumps import best_places
from connectome.models.factors.newton import sweep
from connectome.models.factors.parts import Columns, Factors, Penalty, Side
from connectome.models.factors.recipes import LARGE, RECIPES, Recipe
from connectome.models.factors.stack import stack_weights

__all__ = [
    "LARGE",
    "RECIPES",
    "Columns",
    "Factors",
    "NewtonFit",
    "Penalty",
    "Recipe",
    "Side",
    "best_places",
    "stack_weights",
    "sweep",
]
