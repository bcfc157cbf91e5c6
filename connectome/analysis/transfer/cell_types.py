"""Cell types of one brain read off another's, and how well the two mix."""

import logging
from contextlib import suppress
from dataclasses import asdict

import numpy as np
import pandas as pd

from connectome.analysis.transfer.links import SHARED, Brain, Placed, place, spaces
from connectome.data.neurons import PAIR_COLUMN, pair_rows
from connectome.metrics.neurons import fit_classifier, mixing, probe
from connectome.types import NotApplicableError

log = logging.getLogger(__name__)

CLASSIFIERS = ("knn", "logistic", "svm")
MOST_FITTED = 10_000  # labelled neurons; for more of them only nearest neighbours are quick enough
SHUFFLES, FEW_SHUFFLES = 20, 2  # of labels, for the null of a transfer; of a large brain
FOLDS = 5


def type_table(home: Placed, away: Placed, seed: int = 0) -> pd.DataFrame:
    """Cell types of ``away`` by classifiers that saw those of ``home`` alone.

    Features: the shared space, log degrees and structure without a model (both in units of the own
    brain), and nothing (the commonest type); ``labels exchanged`` is the shared space with the
    types of ``home`` dealt out at random (mean of 20; of 2 where ``home`` is large). ``same brain``
    is the accuracy within ``away``: five folds of its own types, homologs held out together, types
    with fewer neurons than folds left out; NaN where fewer than two are left.

    Returns:
        One row a feature set and classifier, columns ``home, away, model, features, classifier,
        neurons, types, unseen, accuracy, macro_recall, same_brain``; ``unseen`` counts neurons of
        types that ``home`` lacks, which are not asked for.

    Raises:
        NotApplicableError: with fewer than two types in common.
    """
    names, codes = _common_types(home.brain, away.brain)
    learnt, asked = (np.flatnonzero(code >= 0) for code in codes)
    features = spaces(home, away)
    typed = pd.notna(away.brain.types)
    where = place(home, away)
    counts = {
        "neurons": len(asked), "types": len(names), "unseen": int(typed.sum() - len(asked)),
    }  # fmt: skip
    group = np.arange(len(learnt))
    rng = np.random.default_rng(seed)
    rows = []

    def row(name: str, classifier: str, label: np.ndarray, x: tuple[np.ndarray, ...]) -> None:
        model = fit_classifier(x[0][learnt], label, group, classifier, seed, calibrated=False)
        predicted = model.predict(x[1][asked])
        truth = codes[1][asked]
        recalls = [(predicted[truth == k] == k).mean() for k in np.unique(truth)]
        measured = {"accuracy": (predicted == truth).mean(), "macro_recall": np.mean(recalls)}
        rows.append(where | {"features": name, "classifier": classifier} | measured | counts)

    for name, values in features.items():
        for classifier in _classifiers(len(learnt)):
            row(name, classifier, codes[0][learnt], values)
    row("nothing", "majority", codes[0][learnt], features["log degrees"])
    for _ in range(SHUFFLES if len(learnt) <= MOST_FITTED else FEW_SHUFFLES):
        row("labels exchanged", "knn", rng.permutation(codes[0][learnt]), features[SHARED])
    table = pd.DataFrame(rows)
    keys = [*where, "features", "classifier", *counts]
    table = table.groupby(keys, as_index=False, sort=False).mean()
    table["same_brain"] = _within(away, codes[1], table, seed)
    return table.sort_values("accuracy", ascending=False, ignore_index=True)


def _classifiers(labelled: int) -> tuple[str, ...]:
    return CLASSIFIERS if labelled <= MOST_FITTED else CLASSIFIERS[:1]


def predicted_types(home: Placed, away: Placed, seed: int = 0) -> pd.DataFrame:
    """The types of ``away`` by those of ``home``: columns ``neuron_id, known, predicted``.

    Raises:
        NotApplicableError: with fewer than two types in ``home``.
    """
    typed = np.flatnonzero(pd.notna(home.brain.types))
    code, names = pd.factorize(home.brain.types[typed], sort=True)
    if len(names) < 2:
        raise NotApplicableError(f"{home.brain.name}: fewer than two cell types")
    group = np.arange(len(typed))
    classifier = _classifiers(len(typed))[-1]
    model = fit_classifier(home.space[typed], code, group, classifier, seed, calibrated=False)
    found = np.asarray(names, dtype=object)[model.predict(away.space)]
    ids = away.brain.connectome.neuron_ids
    return pd.DataFrame({"neuron_id": ids, "known": away.brain.types, "predicted": found})


def _within(away: Placed, code: np.ndarray, table: pd.DataFrame, seed: int) -> list[float]:
    """Accuracy of a probe of the brain's own types, for the rows of the shared space."""
    group = np.arange(len(code))
    if PAIR_COLUMN in away.brain.connectome.neurons:
        mate = pair_rows(away.brain.connectome, away.brain.connectome)
        group[mate[:, 0]] = mate.min(axis=1)
    rare = np.flatnonzero(np.bincount(code[code >= 0]) < FOLDS)
    if len(rare):
        log.warning(
            "%s: same_brain leaves out %d cell types with fewer neurons than %d folds",
            away.brain.name, len(rare), FOLDS,
        )  # fmt: skip
    common = np.where(np.isin(code, rare), -1, code)
    accuracy: list[float] = []
    for features, classifier in zip(table["features"], table["classifier"], strict=True):
        accuracy.append(float("nan"))
        if features == SHARED:
            with suppress(NotApplicableError):  # NaN says so
                accuracy[-1] = probe(away.space, common, group, classifier, FOLDS, seed).accuracy
    return accuracy


def _common_types(home: Brain, away: Brain) -> tuple[list[str], list[np.ndarray]]:
    """Types that both have, and the codes ``[N]`` of both, -1 for none of them."""
    names = sorted({*home.types[pd.notna(home.types)]} & {*away.types[pd.notna(away.types)]})
    if len(names) < 2:
        raise NotApplicableError(
            f"{home.name} and {away.name} have {len(names)} cell types in common; say which "
            "columns hold them and what they are called (label, label_there, rename)"
        )
    codes = [pd.Index(names).get_indexer(pd.Index(brain.types)) for brain in (home, away)]
    return names, codes


def mixing_table(home: Placed, away: Placed, seed: int = 0) -> pd.DataFrame:
    """How well the two brains mix, and their types stay apart, in each space.

    Of many neurons 10,000 are drawn: silhouettes take the square of their number.

    Returns:
        Columns ``home, away, model, space`` and the fields of
        :class:`connectome.metrics.neurons.mixing.Mixing`.

    Raises:
        NotApplicableError: with fewer than two types in common.
    """
    _, codes = _common_types(home.brain, away.brain)
    brain = np.repeat([0, 1], [len(code) for code in codes])
    rows, code = [], np.concatenate(codes)
    chosen = np.flatnonzero(code >= 0)
    if len(chosen) > MOST_FITTED:
        chosen = np.random.default_rng(seed).choice(chosen, MOST_FITTED, replace=False)
    for name, places in spaces(home, away).items():
        found = mixing(np.concatenate(places)[chosen], brain[chosen], code[chosen])
        rows.append(place(home, away) | {"space": name} | asdict(found))
    return pd.DataFrame(rows)
