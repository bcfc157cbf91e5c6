"""Tables of what features of a neuron, embeddings among them, say about its cell type."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from connectome.analysis.latent.views import synapse_matrix
from connectome.data.neurons import homologs
from connectome.metrics.neurons import Probe, fit_classifier, nearest, probe, unseen_type_auc
from connectome.models.spectral import adjacency, adjacency_spectral_embedding
from connectome.types import Connectome, NotApplicableError, degrees

DEGREES = "log degrees"
PROFILE = "connectivity profile"
MAJORITY = "nothing"
CONFIDENT = "svm_one_vs_rest"  # the one whose margins can be turned into probabilities
TARGET_ACCURACY = 0.9
COMPANY = 10  # nearest neighbours


@dataclass(frozen=True, eq=False)
class Labelled:
    """Cell types of the neurons, and which neurons may not help each other.

    Attributes:
        code: ``[N]`` position in ``names``, -1 where unknown or too rare.
        names: the ``K`` types.
        group: ``[N]`` neurons with the same number are held out together: homologs, and neurons
            with exactly the same partners.
    """

    code: np.ndarray
    names: tuple[str, ...]
    group: np.ndarray


def labelled(connectome: Connectome, column: str = "cell_type", fewest: int = 1) -> Labelled:
    """Types in ``column`` that at least ``fewest`` neurons have, and the groups to hold out.

    Raises:
        NotApplicableError: without the column, or with fewer than two such types.
    """
    if column not in connectome.neurons:
        raise NotApplicableError(f"{connectome.name}: the neuron table has no column '{column}'")
    types = connectome.neurons[column]
    counts = types.value_counts()
    kept = types.where(types.isin(counts[counts >= fewest].index))
    code, names = pd.factorize(kept, sort=True)
    if len(names) < 2:
        raise NotApplicableError(
            f"{connectome.name}: fewer than two values of '{column}' have {fewest} or more neurons"
        )
    return Labelled(code.astype(np.int64), tuple(map(str, names)), _copies(connectome))


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


def probe_table(
    features: FeatureSets,
    labels: Labelled,
    classifiers: Sequence[str] = ("knn", "logistic", "svm"),
    seeds: Sequence[int] = (0, 1, 2),
    control: Collection[str] = (),
) -> pd.DataFrame:
    """Held-out accuracy and macro-F1 of every feature set and classifier.

    Args:
        features: name -> repeats of features ``[N, F]``, and the one classifier to use or None
            for all. Folds of seed ``s`` meet repeat ``s``, from the first again where they run out.
        labels: types and groups.
        classifiers: names of :data:`connectome.metrics.neurons.cell_types.CLASSIFIERS`.
        seeds: of the five folds.
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
            found = _probes(repeats, labels, classifier, seeds)
            kind = "control" if name in control else "embedding"
            rows.append(probe_row(name, kind, repeats[0].shape[1], classifier, found, labels))
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
    features: Mapping[str, Repeats],
    labels: Labelled,
    classifier: str = "svm",
    seeds: Sequence[int] = (0, 1, 2),
) -> pd.DataFrame:
    """Share of each type's neurons that are recognised, a column a feature set."""
    columns: dict[str, object] = {
        "cell_type": labels.names,
        "neurons": np.bincount(labels.code[labels.code >= 0], minlength=len(labels.names)),
    }
    for name, repeats in features.items():
        found = _probes(repeats, labels, classifier, seeds)
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


def _probes(
    repeats: Repeats, labels: Labelled, classifier: str, seeds: Sequence[int]
) -> list[Probe]:
    return [
        probe(repeats[s % len(repeats)], labels.code, labels.group, classifier, seed=s)
        for s in seeds
    ]


def _spread(name: str, values: Sequence[float]) -> dict[str, float]:
    sd = np.std(values, ddof=1) if len(values) > 1 else np.nan
    return {name: float(np.mean(values)), f"{name}_sd": float(sd)}


def _copies(connectome: Connectome) -> np.ndarray:
    """``[N]`` number of the group of homologs and of neurons with exactly the same partners."""
    n, ends = connectome.num_neurons, synapse_matrix(connectome, "binary")
    partners = sp.csr_array(sp.hstack([ends, ends.T]))
    partners.sort_indices()
    same: dict[bytes, int] = {}
    bounds = zip(partners.indptr[:-1], partners.indptr[1:], strict=True)
    first = [
        same.setdefault(partners.indices[start:end].tobytes(), row) if end > start else row
        for row, (start, end) in enumerate(bounds)
    ]
    links = [np.stack([np.arange(n), first])]
    try:
        mate = homologs(connectome).numpy()
        links.append(np.stack([np.flatnonzero(mate >= 0), mate[mate >= 0]]))
    except NotApplicableError:
        pass  # one hemisphere, or none named
    rows, columns = np.concatenate(links, axis=1)
    together = sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=(n, n))
    return np.asarray(connected_components(together, directed=False)[1])
