"""Support vector machines of several classes that share one Gaussian kernel."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC
from sklearn.utils import check_array

MOST = 6000  # points whose kernel is held: 288 MB
ROWS = 1024  # of the kernel of what is asked, at a time


class KernelMachine(ClassifierMixin, BaseEstimator):
    """Gaussian support vector machine, every class against every other or against the rest.

    ``SVC(C, gamma="scale")`` of scikit-learn, or ``OneVsRestClassifier`` of it, given the kernel:
    left to themselves they compute it anew for each pair of classes, or each class. With more than
    ``MOST`` points that is done.

    Args:
        penalty: of points within the margin, ``C``.
        one_vs_rest: whether a class stands against all others together.

    Attributes:
        classes_: ``[K]`` two or more, once fitted.
        points_: ``[N, F]`` what it was fitted to.
        rate_: of the kernel ``exp(-rate |x - y|^2)``, ``1 / (F var)`` of all entries.
        shared_: whether the kernel is computed once.
        machine_: of scikit-learn.
    """

    def __init__(self, penalty: float = 10.0, one_vs_rest: bool = False) -> None:
        self.penalty = penalty
        self.one_vs_rest = one_vs_rest

    def fit(self, x: np.ndarray, y: np.ndarray) -> "KernelMachine":
        """Fit features ``[N, F]`` and classes ``[N]``.

        Raises:
            ValueError: for features that are not finite, or with fewer than two classes.
        """
        self.points_ = check_array(x, dtype=np.float64)
        spread = float(self.points_.var())
        self.rate_ = 1 / (self.points_.shape[1] * spread) if spread > 0 else 1.0
        self.shared_ = len(self.points_) <= MOST
        kernel = {"kernel": "precomputed"} if self.shared_ else {"gamma": self.rate_}
        machine = SVC(C=self.penalty, **kernel)
        self.machine_ = OneVsRestClassifier(machine) if self.one_vs_rest else machine
        self.machine_.fit(self._shown(self.points_), y)
        self.classes_ = self.machine_.classes_
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Classes ``[N]`` of ``x`` ``[N, F]``: the largest margin, or most votes of the pairs."""
        return np.concatenate([self.machine_.predict(part) for part in self._parts(x)])

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        """Margins of ``x`` ``[N, F]``: ``[N]`` of the second of two classes, else ``[N, K]``.

        Raises:
            ValueError: for features that are not finite.
        """
        return np.concatenate([self.machine_.decision_function(part) for part in self._parts(x)])

    def _parts(self, x: np.ndarray) -> list[np.ndarray]:
        x = check_array(x, dtype=np.float64)
        return [self._shown(x[start : start + ROWS]) for start in range(0, len(x), ROWS)]

    def _shown(self, x: np.ndarray) -> np.ndarray:
        return rbf_kernel(x, self.points_, self.rate_) if self.shared_ else x
