"""Cell types: what embeddings, and degrees alone, say of them."""

import logging
from dataclasses import dataclass
from functools import partial

import pandas as pd

from connectome.analysis.latent import (
    DEGREES,
    Labelled,
    controls,
    neighbour_table,
    plot_recall,
    predictions,
    probe_table,
    recall_table,
    uncalibrated,
    unrecognised,
    unseen_table,
)
from connectome.analysis.plotting import styles
from connectome.analysis.questions.answers import MOST_TYPES, Answers
from connectome.analysis.questions.registry import question, require_counts

log = logging.getLogger(__name__)

KERNEL_LIMIT = 10_000  # with more neurons classifiers other than nearest neighbours take too long


@dataclass(frozen=True)
class CellTypeSettings:
    """Settings of the probe.

    Attributes:
        seeds: of its folds; results are means over them.

    Raises:
        InputError: for a count below one.
    """

    seeds: int = 3

    def __post_init__(self) -> None:
        require_counts("cell_types", self, "seeds")


@question("cell_types", CellTypeSettings, place=20)
def cell_types(look: Answers, settings: CellTypeSettings) -> None:
    """What each space, and each control, says about the cell type."""
    types = look.types or look.require_types()  # which says why there are none
    small = look.connectome.num_neurons <= KERNEL_LIMIT
    if not small:
        log.warning("nearest neighbours only for more than %d neurons", KERNEL_LIMIT)
    look.ask("cell_types", lambda: _probe(look, settings, types, small))
    company = neighbour_table(look.shown.factors, types, look.graph.homolog)
    look.write("neighbour_types", company)
    if small:
        described = look.largest.described[0]
        unseen = partial(unseen_table, described, types)
        look.ask("unseen_types", lambda: look.write("unseen_types", unseen()))
        look.ask("predicted_types", lambda: _predict(look, types))


def _probe(look: Answers, settings: CellTypeSettings, types: Labelled, small: bool) -> None:
    """Accuracy of all features, and the types that some of them recognise."""
    seeds, largest = range(settings.seeds), look.largest
    control = controls(look.connectome, largest.latent_dim)
    spaces = {space.name: (space.described, None) for space in look.spaces}
    classifiers = ("knn", "logistic", "svm") if small else ("knn",)
    # An embedding of the same name as a control takes its place.
    table = probe_table(control | spaces, types, classifiers, seeds, control.keys() - spaces)
    look.write("cell_types", table)
    look.left_out += unrecognised(types)
    chosen = "svm" if small else "knn"
    pictured = {
        look.shown.name: look.shown.described,
        DEGREES: control[DEGREES][0],
        largest.name: largest.described,
    }
    recall = recall_table(pictured, types, chosen, seeds)
    look.write("cell_type_recall", recall)
    if len(types.names) <= MOST_TYPES:
        title = f"{look.connectome.name}: recognised cell types"
        style = styles(types.names, look.connectome.display)
        look.draw("cell_type_recall", plot_recall(recall, style, title))


def _predict(look: Answers, types: Labelled) -> None:
    """Types of the neurons without one."""
    table, held_out = predictions(look.connectome, look.largest.described[0], types)
    look.left_out += uncalibrated(types, held_out.too_rare)
    look.confidence = held_out.confidence.copy()
    if not len(table):
        column = look.settings.type_column
        look.left_out.append(f"predicted_types: every neuron has a '{column}', none to predict")
        return
    look.write("predicted_types", table)
    row = pd.Index(look.connectome.neuron_ids).get_indexer(table["neuron_id"])
    look.confidence[row] = table["confidence"]
