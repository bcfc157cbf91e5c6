"""Tables of what features of a neuron, embeddings among them, say about its cell type."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from connectome.analysis.latent.views import Labelled, synapse_matrix
from connectome.metrics.neurons import Probe, fit_classifier, nearest, probe, unseen_type_auc
from connectome.models.spectral import adjacency, adjacency_spectral_embedding
from connectome.types import Connectome, degrees

DEGREES = "log degrees"
PROFILE = "connectivity profile"
MAJORITY = "nothing"
CONFIDENT = "svm_one_vs_rest"  # the one whose margins can be turned into probabilities
TARGET_ACCURACY = 0.9
COMPANY = 10  # nearest neighbours


Repeats = Sequence[np.ndarray | sp.csr_array]  # [N, F] of each seed of an embedding; one of others
FeatureSets = Mapping[str, tuple[Repeats, str | None]]


def controls(connectome: Connectome, latent_dim: int) -> dict[str, tuple[Repeats, str | None]]:
    """Features that any embedding has to beat, each with the only classifier it goes with, or None.

    Returns:
        Log degrees ``[N, 2]``; connectivity profiles, sparse ``[N, 2 N]`` log synapse counts of
        the outputs and inputs, compared by cosine; adjacency spectral embedding (directed,
        unweighted, ``2 d`` numbers); and nothing, for the majority type.
    """
    n, edges = connectome.num_neurons, connectome.edge_index
    sent = synapse_matrix(connectome, "log1p")
    profile = sp.csr_array(sp.hstack([sent, sent.T]))
    matrix = adjacency(edges[:, edges[0] != edges[1]].numpy(), n, directed=True)
    spectral = np.concatenate(adjacency_spectral_embedding(matrix, latent_dim, True), axis=1)
    return {
        MAJORITY: ([np.zeros((n, 1))], "majority"),
        DEGREES: ([log_degrees(connectome)], None),
        PROFILE: ([profile], "cosine"),
        f"spectral, d = {latent_dim}": ([spectral], None),
    }


def log_degrees(connectome: Connectome) -> np.ndarray:
    """Logarithms of one plus out-degree and in-degree, ``[N, 2]``."""
    both = degrees(connectome.edge_index, connectome.num_neurons)
    return np.stack([degree.double().log1p().numpy() for degree in both], axis=1)


@dataclass(frozen=True, eq=False)
class Probes:
    """Probes of features by name, each made once for all tables.

    Attributes:
        labels: types and groups.
        seeds: of the five folds. Folds of seed ``s`` meet repeat ``s``, from the first again where
            repeats run out.
        made: by name of the features and classifier.
    """

    labels: Labelled
    seeds: Sequence[int] = (0, 1, 2)
    made: dict[tuple[str, str], list[Probe]] = field(default_factory=dict)

    def of(self, name: str, repeats: Repeats, classifier: str) -> list[Probe]:
        """A probe each seed, of features that keep their name: repeats of ``[N, F]``."""
        if (name, classifier) not in self.made:
            code, group = self.labels.code, self.labels.group
            self.made[name, classifier] = [
                probe(repeats[s % len(repeats)], code, group, classifier, seed=s)
                for s in self.seeds
            ]
        return self.made[name, classifier]


def probe_table(
    features: FeatureSets,
    probes: Probes,
    classifiers: Sequence[str] = ("knn", "logistic", "svm"),
    control: Collection[str] = (),
) -> pd.DataFrame:
    """Held-out accuracy and macro-F1 of every feature set and classifier.

    Args:
        features: name -> repeats of features ``[N, F]``, and the one classifier to use or None
            for all.
        probes: of these types and seeds.
        classifiers: names of :data:`connectome.metrics.neurons.cell_types.CLASSIFIERS`.
        control: names of the features that are no embedding under study.

    Returns:
        One row a feature set and classifier, best first, with columns ``features, kind``
        (``embedding`` or ``control``),
        ``numbers, classifier, accuracy, accuracy_sd, macro_f1, macro_f1_sd, neurons, types``; s.d.
        over seeds (of the folds and, where there are several repeats, of the embedding).
    """
    rows = []
    for name, (repeats, only) in features.items():
        for classifier in classifiers if only is None else (only,):
            found = probes.of(name, repeats, classifier)
            kind = "control" if name in control else "embedding"
            width = repeats[0].shape[1]
            rows.append(probe_row(name, kind, width, classifier, found, probes.labels))
    return pd.DataFrame(rows).sort_values("accuracy", ascending=False, ignore_index=True)


def probe_row(
    name: str, kind: str, numbers: int, classifier: str, found: Sequence[Probe], labels: Labelled
) -> dict[str, object]:
    """A row of :func:`probe_table`, of what was ``found`` with each seed."""
    return (
        {"features": name, "kind": kind, "numbers": numbers, "classifier": classifier}
        | _spread("accuracy", [one.accuracy for one in found])
        | _spread("macro_f1", [one.macro_f1 for one in found])
        | {"neurons": int((labels.code >= 0).sum()), "types": len(labels.names)}
    )


def recall_table(
    features: Mapping[str, Repeats], probes: Probes, classifier: str = "svm"
) -> pd.DataFrame:
    """Share of each type's neurons that are recognised, a column a feature set."""
    labels = probes.labels
    columns: dict[str, object] = {
        "cell_type": labels.names,
        "neurons": np.bincount(labels.code[labels.code >= 0], minlength=len(labels.names)),
    }
    for name, repeats in features.items():
        found = probes.of(name, repeats, classifier)
        columns[name] = np.mean([one.recall for one in found], axis=0)
    return pd.DataFrame(columns)


def neighbour_table(
    repeats: Sequence[np.ndarray], labels: Labelled, homolog: np.ndarray | None
) -> pd.DataFrame:
    """Whose company each type keeps: cell types among the ten nearest labelled neurons.

    Args:
        repeats: factors ``[N, d]`` of each seed.
        labels: types.
        homolog: ``[N]`` position of the homolog or -1, which does not count as company; or None.

    Returns:
        One row a type: ``cell_type, neurons``, and the share of each type, a column each, mean
        over neurons and seeds. A row ``expected`` says what shares chance would give.
    """
    known = np.flatnonzero(labels.code >= 0)
    code, count = labels.code[known], len(labels.names)
    mate = np.full(len(labels.code), -1) if homolog is None else homolog
    shares = np.zeros((count, count))
    for factors in repeats:
        near = nearest(factors[known], min(COMPANY + 1, len(known) - 1))
        company = known[near] != mate[known][:, None]
        company &= company.cumsum(axis=1) <= COMPANY
        rows, columns = np.nonzero(company)
        weight = 1 / company.sum(axis=1)[rows] / np.bincount(code)[code[rows]] / len(repeats)
        np.add.at(shares, (code[rows], code[near[rows, columns]]), weight)
    sizes = np.bincount(code, minlength=count)
    table = pd.DataFrame(np.vstack([shares, sizes / sizes.sum()]), columns=list(labels.names))
    table.insert(0, "cell_type", [*labels.names, "expected"])
    table.insert(1, "neurons", [*sizes, sizes.sum()])
    return table


def unseen_table(features: np.ndarray, labels: Labelled, seed: int = 0) -> pd.DataFrame:
    """How well low confidence betrays each type that training lacked (.5: not at all).

    Args:
        features: ``[N, F]``.
        labels: types and groups.
        seed: of the folds.

    Returns:
        Columns ``cell_type, auc, left_out``; ``left_out`` says why a type has no AUC, and is NA in
        others.
    """
    areas = unseen_type_auc(features, labels.code, labels.group, CONFIDENT, seed=seed)
    reason = ["without it too few types are left" if np.isnan(area) else None for area in areas]
    return pd.DataFrame({"cell_type": labels.names, "auc": areas, "left_out": reason})


def predictions(
    connectome: Connectome, features: np.ndarray, labels: Labelled, seed: int = 0
) -> tuple[pd.DataFrame, Probe]:
    """Types of the neurons without one, with confidence; those below the threshold abstain.

    From the threshold on, held-out predictions of the annotated neurons are right in 90% of cases.
    That holds for neurons of the known types; one of another type gets a known one all the same.
    A type that is too rare to calibrate is given to nobody, and changes no confidence.

    Args:
        connectome: whose neurons these are.
        features: ``[N, F]``.
        labels: types and groups.
        seed: of the folds and the classifier.

    Returns:
        One row a neuron, surest first, with columns ``neuron_id, predicted, confidence, second,
        abstains``; and the held-out predictions that the threshold comes from, with the types too
        rare.

    Raises:
        NotApplicableError: if fewer than two types can be recognised or calibrated.
    """
    held_out = probe(features, labels.code, labels.group, CONFIDENT, seed=seed, confidence=True)
    threshold = held_out.threshold(TARGET_ACCURACY)
    known, unknown = labels.code >= 0, np.flatnonzero(labels.code < 0)
    model = fit_classifier(
        features[known], labels.code[known], labels.group[known], CONFIDENT, seed
    )
    rare = {*held_out.too_rare, *np.setdiff1d(labels.code[known], model.classes_).tolist()}
    held_out = replace(held_out, too_rare=tuple(sorted(rare)))
    names = np.array(labels.names)[model.classes_]
    likely = model.predict_proba(features[unknown]) if len(unknown) else np.empty((0, len(names)))
    order = np.argsort(-likely, axis=1)
    best = np.take_along_axis(likely, order[:, :1], axis=1)[:, 0]
    named = names[order[:, 0]], names[order[:, 1]]
    return prediction_table(connectome.neuron_ids[unknown], *named, best, threshold), held_out


def prediction_table(
    neuron_ids: np.ndarray,
    predicted: np.ndarray,
    runner_up: np.ndarray,
    confidence: np.ndarray,
    threshold: float,
) -> pd.DataFrame:
    """Predicted types of neurons, surest first; those below the ``threshold`` abstain.

    Args:
        neuron_ids, predicted, runner_up, confidence: ``[P]`` each; types by name.
        threshold: of the confidence.

    Returns:
        Columns ``neuron_id, predicted, confidence, second, abstains``.
    """
    table = {
        "neuron_id": neuron_ids,
        "predicted": predicted,
        "confidence": confidence,
        "second": runner_up,
        "abstains": ~(confidence >= threshold),
    }
    return pd.DataFrame(table).sort_values("confidence", ascending=False, ignore_index=True)


def _spread(name: str, values: Sequence[float]) -> dict[str, float]:
    sd = np.std(values, ddof=1) if len(values) > 1 else np.nan
    return {name: float(np.mean(values)), f"{name}_sd": float(sd)}
