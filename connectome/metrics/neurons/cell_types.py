"""What a classifier reads of the cell type from features of a neuron, without a copy to peek at."""

from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, recall_score, roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from connectome.metrics.neurons.folds import Folds, stratified_folds
from connectome.metrics.neurons.kernel_machine import KernelMachine
from connectome.metrics.neurons.temperature import tempered
from connectome.types import InputError, NotApplicableError

NEIGHBOURS = 10
INNER_FOLDS = 3  # of calibration
Features: TypeAlias = np.ndarray | sp.csr_array

# Settings are fixed in advance, the same for all features, so that none is favoured.
CLASSIFIERS: dict[str, Any] = {
    "knn": lambda: make_pipeline(
        StandardScaler(), KNeighborsClassifier(NEIGHBOURS, weights="distance")
    ),
    "logistic": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
    "svm": lambda: make_pipeline(StandardScaler(), KernelMachine()),
    "svm_one_vs_rest": lambda: make_pipeline(StandardScaler(), KernelMachine(one_vs_rest=True)),
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
        too_rare: types that are never predicted in some fold, since they are too rare there to
            calibrate a confidence; their neurons count as wrong. Empty where none was asked for.
    """

    code: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    too_rare: tuple[int, ...] = ()

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

        Infinite if no confidence is enough. Of equal confidences, all count or none.
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
        NotApplicableError: if there are fewer than two types that can be recognised, or groups
            than folds, or types are too rare to calibrate.
    """
    known = require_types(code, group, folds)
    x, y, groups = features[known], code[known], group[known]
    predicted, sure = np.full(len(code), -1), np.full(len(code), np.nan)
    too_rare: set[int] = set()
    for train, test in stratified_folds(y, groups, folds, seed):
        model = fit_classifier(x[train], y[train], groups[train], classifier, seed, confidence)
        if not confidence:
            predicted[known[test]] = model.predict(x[test])
            continue
        likely = model.predict_proba(x[test])
        predicted[known[test]] = model.classes_[likely.argmax(axis=1)]
        sure[known[test]] = likely.max(axis=1)
        too_rare |= set(np.setdiff1d(y, model.classes_).tolist())
    return Probe(code, predicted, sure, tuple(sorted(too_rare)))


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
    ranking of the types as it is; see :class:`connectome.metrics.neurons.temperature.Tempered` for
    the bound on it. A type that some inner fold would have to do without is too rare for that: a
    calibrated classifier is fitted without its neurons and never predicts it. Which types it
    knows is in ``classes_``.

    Args:
        x: ``[N, F]`` features.
        y: ``[N]`` types.
        group: ``[N]``.
        classifier: one of :data:`CLASSIFIERS`.
        seed: of the folds.
        calibrated: False leaves the probabilities as they are, and no type out.

    Raises:
        InputError: for an unknown classifier.
        NotApplicableError: if fewer than two types are common enough to calibrate.
    """
    if classifier not in CLASSIFIERS:
        raise InputError(f"classifier={classifier}: choose one of {', '.join(CLASSIFIERS)}")
    model = CLASSIFIERS[classifier]()
    if not calibrated:
        return model.fit(x, y) if len(np.unique(y)) > 1 else CLASSIFIERS["majority"]().fit(x, y)
    kept, inner = _in_every_fold(y, group, seed)
    x, y = x[kept], y[kept]
    # Two classes have one margin, for which a sigmoid is the usual calibration.
    if len(np.unique(y)) > 2:
        return tempered(model, x, y, inner)
    return CalibratedClassifierCV(model, method="sigmoid", cv=inner, ensemble=False).fit(x, y)


def _in_every_fold(y: np.ndarray, group: np.ndarray, seed: int) -> tuple[np.ndarray, Folds]:
    """Positions of the neurons of types that each inner training part has, and the inner folds.

    Folds are dealt anew without the types that were missing, as if those had never been given.
    """
    kept = np.arange(len(y))
    while True:
        _, sizes = np.unique(y[kept], return_counts=True)
        groups = len(np.unique(group[kept]))
        if len(sizes) < 2 or groups < INNER_FOLDS or sizes.max() < INNER_FOLDS:
            raise NotApplicableError(
                "fewer than two cell types have neurons in each of "
                f"{INNER_FOLDS} folds, so no confidence can be calibrated; annotate more neurons, "
                "or join rare types"
            )
        folds = stratified_folds(y[kept], group[kept], INNER_FOLDS, seed)
        common = reduce(np.intersect1d, (y[kept][train] for train, _ in folds))
        if len(common) == len(sizes):
            return kept, folds
        kept = kept[np.isin(y[kept], common)]


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
        features: ``[N, F]``.
        code: ``[N]`` cell types, -1 where unknown.
        group: ``[N]``; neurons of a group are held out together.
        classifier, folds, seed: as for :func:`probe`.

    Returns:
        NaN for a type without which too few are left to calibrate.

    Raises:
        NotApplicableError: if there are fewer than three types, or all would be NaN.
    """
    known = require_types(code, group, folds)
    x, y, groups = features[known], code[known], group[known]
    if len(np.unique(y)) < 3:
        raise NotApplicableError("fewer than three cell types: none can be left out")
    train, test = stratified_folds(y, groups, folds, seed)[0]
    areas, reason = [], ""
    for unseen in np.unique(y):
        rest = train[y[train] != unseen]
        try:
            model = fit_classifier(x[rest], y[rest], groups[rest], classifier, seed)
        except NotApplicableError as error:
            areas.append(np.nan)
            reason = str(error)
            continue
        familiar = test[(y[test] != unseen) & np.isin(y[test], model.classes_)]
        areas.append(_told_apart(model, x, familiar, np.flatnonzero(y == unseen)))
    if np.isnan(areas).all():
        raise NotApplicableError(reason or "the fold that is asked for has no type in common")
    return np.array(areas)


def _told_apart(model: Any, x: Features, familiar: np.ndarray, unseen: np.ndarray) -> float:
    """AUC of the confidence in ``familiar`` neurons against ``unseen`` ones; NaN without any."""
    if not len(familiar):
        return float("nan")
    sure = [model.predict_proba(x[rows]).max(axis=1) for rows in (familiar, unseen)]
    labels = np.repeat([1, 0], [len(part) for part in sure])
    return float(roc_auc_score(labels, np.concatenate(sure)))


def single_group_types(code: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Types ``[T]`` whose neurons are all of one group, of ``code`` and ``group`` ``[N]`` each.

    They are held out together, so none can be recognised.
    """
    known = np.flatnonzero(code >= 0)
    pairs = np.unique(np.stack([code[known], group[known]]), axis=1)
    types, groups = np.unique(pairs[0], return_counts=True)
    return np.asarray(types[groups < 2])


def require_types(code: np.ndarray, group: np.ndarray, folds: int) -> np.ndarray:
    """Positions ``[n]`` of the labelled neurons, of ``code`` and ``group`` ``[N]`` each.

    Raises:
        NotApplicableError: if nothing can be told apart in so many ``folds``.
    """
    known = np.flatnonzero(code >= 0)
    types, sizes = np.unique(code[known], return_counts=True)
    if len(types) < 2:
        raise NotApplicableError("fewer than two cell types: there is nothing to tell apart")
    if (groups := len(np.unique(group[known]))) < folds:
        raise NotApplicableError(f"{groups} groups of labelled neurons for {folds} folds")
    if len(types) - len(single_group_types(code, group)) < 2:
        raise NotApplicableError(
            "fewer than two cell types have neurons that are not held out together (a left-right "
            "pair is): there is nothing to tell apart"
        )
    if sizes.max() < folds:
        raise NotApplicableError(
            f"no cell type has a neuron for each of {folds} folds; join rare types"
        )
    return known
