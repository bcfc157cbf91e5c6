"""Cell types: what embeddings, and degrees alone, say of them."""

import logging
from dataclasses import dataclass

import pandas as pd

from connectome.analysis.latent import (
    DEGREES,
    TARGET_ACCURACY,
    Labelled,
    PartnerTyping,
    Predicted,
    Probes,
    beside_links,
    controls,
    neighbour_table,
    partner_type_predictions,
    partner_type_rows,
    plot_beside_links,
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
from connectome.metrics.neurons import unseen_type_auc_told

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
    """What each space, each control, and the types of partners say about the cell type."""
    types = look.types or look.require_types()  # which says why there are none
    typing = PartnerTyping.of(look.connectome, types)
    small = look.connectome.num_neurons <= KERNEL_LIMIT
    if not small:
        log.warning("nearest neighbours only for more than %d neurons", KERNEL_LIMIT)
    look.ask("cell_types", lambda: _probe(look, settings, typing, small))
    company = neighbour_table(look.shown.factors, types, look.graph.homolog)
    look.write("neighbour_types", company)
    partners: list[Predicted] = []
    look.ask("predicted_types", lambda: partners.append(_predict(look, typing, small)))
    if small:
        look.ask("unseen_types", lambda: _unseen(look, types, partners))


def _probe(look: Answers, settings: CellTypeSettings, typing: PartnerTyping, small: bool) -> None:
    """Accuracy of all features and of partner types, and the types that some of them recognise."""
    types, seeds, largest = typing.labels, range(settings.seeds), look.largest
    control = controls(look.connectome, largest.latent_dim)
    spaces = {space.name: (space.described, None) for space in look.spaces}
    classifiers = ("knn", "logistic", "svm") if small else ("knn",)
    # An embedding of the same name as a control takes its place.
    probes = Probes(types, seeds)
    table = probe_table(control | spaces, probes, classifiers, control.keys() - spaces)
    table = pd.concat([table, partner_type_rows(typing, seeds)])
    table = table.sort_values("accuracy", ascending=False, ignore_index=True)
    look.write("cell_types", table)
    look.left_out += unrecognised(types)
    chosen = "svm" if small else "knn"
    pictured = {
        look.shown.name: look.shown.described,
        DEGREES: control[DEGREES][0],
        largest.name: largest.described,
    }
    recall = recall_table(pictured, probes, chosen)
    look.write("cell_type_recall", recall)
    if len(types.names) <= MOST_TYPES:
        title = f"{look.connectome.name}: recognised cell types"
        style = styles(types.names, look.connectome.display)
        look.draw("cell_type_recall", plot_recall(recall, style, title))
    links = beside_links(table, look.spaces)
    look.write("links_and_types", links)
    look.draw("links_and_types", plot_beside_links(links, look.connectome.name))


def _predict(look: Answers, typing: PartnerTyping, small: bool) -> Predicted:
    """Types of the neurons without one, by the best on held-out neurons; those of partners."""
    partners = partner_type_predictions(look.connectome, typing, TARGET_ACCURACY)
    table, held_out, by = partners.table, partners.held_out, partners.name
    described = look.largest.described[0]
    if small:
        own, probed = predictions(look.connectome, described, typing.labels)
        look.left_out += uncalibrated(typing.labels, probed.too_rare)
        if probed.accuracy > held_out.accuracy:
            table, held_out, by = own, probed, look.largest.name
    look.confidence = held_out.confidence.copy()
    if not len(table):
        column = look.settings.type_column
        look.left_out.append(f"predicted_types: every neuron has a '{column}', none to predict")
        return partners
    log.info("predicted types: by %s, %.3f of held-out neurons right", by, held_out.accuracy)
    look.write("predicted_types", table.assign(by=by))
    row = pd.Index(look.connectome.neuron_ids).get_indexer(table["neuron_id"])
    look.confidence[row] = table["confidence"]
    return partners


def _unseen(look: Answers, types: Labelled, partners: list[Predicted]) -> None:
    """Whether low confidence betrays a type that nobody told; said if that is chance."""
    table = unseen_table(look.largest.described[0], types)
    named = {"auc": look.largest.name}
    for found in partners:
        areas = unseen_type_auc_told(found.rule, types.code, types.group)
        table.insert(2, "auc_partners", areas)
        named["auc_partners"] = found.name
    look.write("unseen_types", table)
    for column, name in named.items():
        areas = table[column].dropna().to_numpy(float)
        if len(areas) > 1 and areas.mean() <= 0.5 + 1.96 * areas.std() / len(areas) ** 0.5:
            look.left_out.append(
                f"unseen_types: the confidence of {name} does not tell neurons of a type that "
                f"was not told: mean AUC {areas.mean():.2f} over {len(areas)} types, chance is 0.5"
            )
