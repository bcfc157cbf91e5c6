"""Generated connectomes beside real ones."""

from connectome.analysis.generation.compare import (
    Laws,
    Real,
    as_matrix,
    compare,
    draw,
    natural_overlap,
)
from connectome.analysis.generation.export import (
    FORMATS,
    write_brain,
    write_neurons,
)
from connectome.analysis.generation.figures import (
    REAL,
    plot_laws,
    plot_statistics,
)
from connectome.analysis.generation.laws import (
    Fit,
    baselines,
    learned_counts,
    observed_counts,
    posterior,
    prior,
)

__all__ = [
    "FORMATS",
    "REAL",
    "Fit",
    "Laws",
    "Real",
    "as_matrix",
    "baselines",
    "compare",
    "draw",
    "learned_counts",
    "natural_overlap",
    "observed_counts",
    "plot_laws",
    "plot_statistics",
    "posterior",
    "prior",
    "write_brain",
    "write_neurons",
]
