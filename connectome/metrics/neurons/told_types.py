"""Held-out types of rules that need the wiring and are told the types of the other neurons."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from connectome.metrics.neurons.cell_types import Probe, require_types
from connectome.metrics.neurons.folds import stratified_folds
from connectome.types import NotApplicableError


@dataclass(frozen=True, eq=False)
class Ruled:
    """What a rule says once types are told.

    Attributes:
        predicted: ``[N]`` types, -1 where there is nothing to go by.
        runner_up: ``[N]`` the next likely ones, -1 for none.
        confidence: ``[N]`` probability that they are right; NaN where the rule has none.
    """

    predicted: np.ndarray
    runner_up: np.ndarray
    confidence: np.ndarray


Rule = Callable[[np.ndarray], Ruled]  # of the told types [N], -1 where none is


def probe_told(
    rule: Rule, code: np.ndarray, group: np.ndarray, folds: int = 5, seed: int = 0
) -> Probe:
    """Predict every labelled neuron by a rule that is told the types of the other folds.

    The folds are those of :func:`connectome.metrics.neurons.cell_types.probe`.

    Args:
        rule: from the told types ``[N]`` to those of all neurons.
        code: ``[N]`` cell types, -1 where unknown.
        group: ``[N]``; neurons of a group are held out together.
        folds: number of stratified folds.
        seed: of the folds.

    Raises:
        NotApplicableError: as ``probe``.
    """
    known = require_types(code, group, folds)
    predicted, sure = np.full(len(code), -1), np.full(len(code), np.nan)
    for _, test in stratified_folds(code[known], group[known], folds, seed):
        out = known[test]
        found = rule(_without(code, out))
        predicted[out], sure[out] = found.predicted[out], found.confidence[out]
    return Probe(code, predicted, sure)


def unseen_type_auc_told(
    rule: Rule, code: np.ndarray, group: np.ndarray, folds: int = 5, seed: int = 0
) -> np.ndarray:
    """How well low confidence tells neurons of a type that was not told, ``[K]`` AUC.

    As :func:`connectome.metrics.neurons.cell_types.unseen_type_auc`, of a rule: each type in turn
    is told of no neuron, and its neurons are told from those of told types in one fold left out.

    Args:
        rule: from the told types ``[N]`` to those of all neurons.
        code: ``[N]`` cell types, -1 where unknown.
        group: ``[N]``; neurons of a group are held out together.
        folds, seed: as for :func:`probe_told`.

    Returns:
        NaN where the rule has no confidence.

    Raises:
        NotApplicableError: if there are fewer than three types.
    """
    known = require_types(code, group, folds)
    types = np.unique(code[known])
    if len(types) < 3:
        raise NotApplicableError("fewer than three cell types: none can be left out")
    _, test = stratified_folds(code[known], group[known], folds, seed)[0]
    areas = []
    for unseen in types:
        strange = np.flatnonzero(code == unseen)
        found = rule(_without(code, np.union1d(known[test], strange)))
        familiar = known[test][code[known[test]] != unseen]
        sure = found.confidence[np.concatenate([familiar, strange])]
        if np.isnan(sure).any() or not len(familiar):
            areas.append(np.nan)
            continue
        areas.append(float(roc_auc_score(np.repeat([1, 0], [len(familiar), len(strange)]), sure)))
    return np.array(areas)


def _without(code: np.ndarray, rows: np.ndarray) -> np.ndarray:
    told = code.copy()
    told[rows] = -1
    return told
