"""What a classifier reads of the cell type from features of a neuron, without a copy to peek at."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, recall_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from connectome.types import InputError, NotApplicableError

NEIGHBOURS = 10
Features: TypeAlias = np.ndarray | sp.csr_array

# Settings are fixed in advance, the same for all features, so that none is favoured.
CLASSIFIERS: dict[str, Any] = {
    "knn": lambda: make_pipeline(
        StandardScaler(), KNeighborsClassifier(NEIGHBOURS, weights="distance")
    ),
    "logistic": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
    "svm": lambda: make_pipeline(StandardScaler(), SVC(C=10.0)),
    "svm_one_vs_rest": lambda: make_pipeline(StandardScaler(), OneVsRestClassifier(SVC(C=10.0))),
    "cosine": lambda: KNeighborsClassifier(NEIGHBOURS, weights="distance", metric="cosine"),
    "majority": lambda: DummyClassifier(strategy="most_frequent"),
}


@dataclass(frozen=True, eq=False)
class Probe:
    """Held-out predictions of the cell type, each by a classifier that did not see the neuron.

    Attributes:
        code: ``[N]`` true types, -1 where unknown.
        predicted: ``[N]`` predicted types, -1 where the true one is unknown.
        confidence: ``[N]`` calibrated probability of the predicted type, NaN where unknown or not
            asked for.
    """

    code: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray

    @property
    def accuracy(self) -> float:
        """Share of labelled neurons whose type is predicted."""
        known = self.code >= 0
        return float(accuracy_score(self.code[known], self.predicted[known]))

    @property
    def macro_f1(self) -> float:
        """F1 averaged over types: rare types count as much as common ones."""
        known = self.code >= 0
        return float(f1_score(self.code[known], self.predicted[known], average="macro"))

    @property
    def recall(self) -> np.ndarray:
        """``[K]`` share of the neurons of each type that are predicted as it."""
        known = self.code >= 0
        types = np.unique(self.code[known])
        true, predicted = self.code[known], self.predicted[known]
        return np.asarray(recall_score(true, predicted, labels=types, average=None))

    def threshold(self, accuracy: float) -> float:
        """Lowest confidence from which on predictions are right with at least ``accuracy``.

        Infinite if no confidence is enough.
        """
        known = np.flatnonzero(self.code >= 0)
        order = known[np.argsort(-self.confidence[known], kind="stable")]
        right = (self.predicted[order] == self.code[order]).cumsum() / np.arange(1, len(order) + 1)
        # Equal confidences stand or fall together: their order is that of the file.
        sure = self.confidence[order]
        last = np.append(sure[1:] != sure[:-1], True)[: len(order)]
        enough = np.flatnonzero((right >= accuracy) & last)
        return float(sure[enough[-1]]) if len(enough) else float("inf")


def probe(
    features: Features,
    code: np.ndarray,
    group: np.ndarray,
    classifier: str = "svm",
    folds: int = 5,
    seed: int = 0,
    confidence: bool = False,
) -> Probe:
    """Predict every labelled neuron from the others, never from one of its own group.

    Args:
        features: ``[N, F]``, dense or sparse.
        code: ``[N]`` cell types, -1 where unknown.
        group: ``[N]`` neurons with the same number are held out together: a left-right homolog or
            another copy of a neuron would give its type away.
        classifier: one of :data:`CLASSIFIERS`.
        folds: number of stratified folds.
        seed: of the folds.
        confidence: calibrate too, which takes ``folds`` times as long.

    Raises:
        InputError: for an unknown classifier.
        NotApplicableError: if there are fewer than two types, or groups than folds.
    """
    known = _require_types(code, group, folds)
    x, y, groups = features[known], code[known], group[known]
    predicted, sure = np.full(len(code), -1), np.full(len(code), np.nan)
    for train, test in _folds(y, groups, folds, seed):
        model = fit_classifier(x[train], y[train], groups[train], classifier, seed, confidence)
        predicted[known[test]] = model.predict(x[test])
        if confidence:
            sure[known[test]] = model.predict_proba(x[test]).max(axis=1)
    return Probe(code, predicted, sure)


def fit_classifier(
    x: Features,
    y: np.ndarray,
    group: np.ndarray,
    classifier: str = "svm",
    seed: int = 0,
    calibrated: bool = True,
) -> Any:
    """A classifier of scikit-learn, with its probabilities calibrated on folds of groups.

    Calibration is by one temperature (Guo et al. 2017, arXiv:1706.04599), which leaves the
    ranking of the types as it is.

    Args:
        x: ``[N, F]`` features.
        y: ``[N]`` types.
        group: ``[N]``.
        classifier: one of :data:`CLASSIFIERS`.
        seed: of the folds.
        calibrated: False leaves the probabilities as they are.

    Raises:
        InputError: for an unknown classifier.
    """
    if classifier not in CLASSIFIERS:
        raise InputError(f"classifier={classifier}: choose one of {', '.join(CLASSIFIERS)}")
    model = CLASSIFIERS[classifier]()
    if calibrated:
        inner = _folds(y, group, 3, seed)
        # Two classes have one margin: a sigmoid is its usual calibration, and scikit-learn's search
        # for a temperature was seen to end in NaN on two classes that a margin separates.
        method = "temperature" if len(np.unique(y)) > 2 else "sigmoid"
        model = CalibratedClassifierCV(model, method=method, cv=inner, ensemble=False)
    return model.fit(x, y)


def unseen_type_auc(
    features: Features,
    code: np.ndarray,
    group: np.ndarray,
    classifier: str = "svm",
    folds: int = 5,
    seed: int = 0,
) -> np.ndarray:
    """How well low confidence tells neurons of a type that training lacked, ``[K]`` AUC.

    For each type in turn the classifier is fitted without it, to all folds but one; its neurons
    are then told from the neurons of known types in the fold left out, by confidence alone. One
    half means that abstaining does not help.

    Args:
        features, code, group, classifier, folds, seed: as for :func:`probe`.

    Raises:
        NotApplicableError: if there are fewer than three types.
    """
    known = _require_types(code, group, folds)
    x, y, groups = features[known], code[known], group[known]
    if len(np.unique(y)) < 3:
        raise NotApplicableError("fewer than three cell types: none can be left out")
    train, test = next(iter(_folds(y, groups, folds, seed)))
    areas = []
    for unseen in np.unique(y):
        rest, familiar = train[y[train] != unseen], test[y[test] != unseen]
        model = fit_classifier(x[rest], y[rest], groups[rest], classifier, seed)
        sure = [
            model.predict_proba(x[rows]).max(axis=1)
            for rows in (familiar, np.flatnonzero(y == unseen))
        ]
        labels = np.repeat([1, 0], [len(part) for part in sure])
        areas.append(roc_auc_score(labels, np.concatenate(sure)))
    return np.array(areas)


def _require_types(code: np.ndarray, group: np.ndarray, folds: int) -> np.ndarray:
    """Positions of the labelled neurons."""
    known = np.flatnonzero(code >= 0)
    if len(np.unique(code[known])) < 2:
        raise NotApplicableError("fewer than two cell types: there is nothing to tell apart")
    if len(np.unique(group[known])) < folds:
        raise NotApplicableError(
            f"{len(np.unique(group[known]))} groups of labelled neurons for {folds} folds"
        )
    return known


def _folds(
    y: np.ndarray, group: np.ndarray, folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(y, y, group))
