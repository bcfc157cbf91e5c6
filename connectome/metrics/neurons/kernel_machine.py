"""Support vector machines of several classes that share one Gaussian kernel.

Those of scikit-learn (libsvm, Chang & Lin 2011, doi:10.1145/1961189.1961199) compute the kernel
anew for each pair of classes, or each class against the rest. Here it is computed once, and the
problems are solved on it: the same problems, up to the same violation of the conditions of the
optimum.
"""

import warnings
from itertools import combinations

import numba
import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array

GAP = 1e-3  # largest violation of the conditions of the optimum, as libsvm has by default
MOST_STEPS = 10_000_000  # of one problem, as libsvm
LANES = 64  # numbers that are compared at a time
FAR = 1e30  # beyond any margin
FLAT = 1e-7  # least curvature of a step, between neurons in one place
ROWS = 128  # of a kernel at a time
BLOCK = 2**22  # numbers of a kernel or of margins at a time, 32 MB


class KernelMachine(ClassifierMixin, BaseEstimator):
    """Gaussian support vector machine, every class against every other or against the rest.

    As ``SVC(C, gamma="scale")`` of scikit-learn, or ``OneVsRestClassifier`` of it.

    Attributes:
        classes_: ``[K]`` two or more, once fitted.
        points_: ``[N, F]`` what it was fitted to, by class.
        rate_: of the kernel ``exp(-rate |x - y|^2)``, ``1 / (F var)`` of all entries.
        duals_: ``[N, K]`` weights of the points: in the margin of each class, or of a point's own
            class against each other one.
        offsets_: ``[K]`` of the classes, or ``[K, K]`` of pairs above the diagonal; one number for
            two classes.
    """

    def __init__(self, penalty: float = 10.0, one_vs_rest: bool = False) -> None:
        self.penalty = penalty
        self.one_vs_rest = one_vs_rest

    def fit(self, x: np.ndarray, y: np.ndarray) -> "KernelMachine":
        """Fit features ``[N, F]`` and classes ``[N]``.

        Raises:
            ValueError: for features that are not finite, or with fewer than two classes.
        """
        x = check_array(x, dtype=np.float64)
        self.classes_, code = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("a margin needs two classes or more")
        order = np.argsort(code, kind="stable")
        self.points_, code = x[order], code[order]
        spread = float(self.points_.var())
        self.rate_ = 1 / (x.shape[1] * spread) if spread > 0 else 1.0
        kernel = _padded_kernel(self.points_, self.rate_)
        self.starts_ = np.searchsorted(code, np.arange(len(self.classes_) + 1))
        if self.one_vs_rest or len(self.classes_) == 2:
            sought = range(len(self.classes_)) if len(self.classes_) > 2 else (1,)
            solved = [_solved(kernel, code == one, self.penalty) for one in sought]
            self.duals_ = np.stack([dual for dual, _ in solved], axis=1)
            self.offsets_ = np.array([offset for _, offset in solved])
        else:
            self._fit_pairs(kernel)
        return self

    def _fit_pairs(self, kernel: np.ndarray) -> None:
        count = len(self.classes_)
        self.duals_, self.offsets_ = np.zeros((len(kernel), count)), np.zeros((count, count))
        spans = [slice(*ends) for ends in zip(self.starts_[:-1], self.starts_[1:], strict=True)]
        for one, other in combinations(range(count), 2):
            here, there = spans[one], spans[other]
            size = here.stop - here.start
            both = _side_by_side(kernel, here.start, here.stop, there.start, there.stop)
            dual, offset = _solved(both, np.arange(len(both)) < size, self.penalty)
            self.duals_[here, other], self.duals_[there, one] = dual[:size], dual[size:]
            self.offsets_[one, other] = offset

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Classes ``[N]`` of ``x`` ``[N, F]``: the largest margin, or most votes of the pairs."""
        margins = self.decision_function(x)
        if margins.ndim == 1:
            return np.asarray(self.classes_[(margins > 0).astype(np.int64)])
        # Of equal votes the first class, as in libsvm: sums of margins are below a half vote.
        best = margins if self.one_vs_rest else np.round(margins)
        return np.asarray(self.classes_[best.argmax(axis=1)])

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        """Margins of ``x`` ``[N, F]``: ``[N]`` of the second of two classes, else ``[N, K]``.

        Of pairs the votes for each class, plus less than a third of a vote by the sum of its
        margins, as in scikit-learn.

        Raises:
            ValueError: for features that are not finite.
        """
        x = check_array(x, dtype=np.float64, ensure_min_samples=0)
        width = max(len(self.points_), len(self.classes_) ** 2)
        rows = range(0, len(x), max(1, BLOCK // width))
        parts = [self._margins(x[start : start + rows.step]) for start in rows]
        margins = np.concatenate([np.empty((0, len(self.offsets_))), *parts])
        return margins[:, 0] if len(self.classes_) == 2 else margins

    def _margins(self, x: np.ndarray) -> np.ndarray:
        kernel = _kernel(x, self.points_, self.rate_)
        if self.one_vs_rest or len(self.classes_) == 2:
            return np.asarray(kernel @ self.duals_ + self.offsets_)
        ends = zip(self.starts_[:-1], self.starts_[1:], strict=True)
        own = np.stack([kernel[:, a:b] @ self.duals_[a:b] for a, b in ends], axis=1)
        above = np.triu(np.ones_like(self.offsets_, dtype=bool), 1)
        margins = np.where(above, own + own.swapaxes(1, 2) + self.offsets_, 0.0)
        won, lost = above & (margins > 0), above & (margins <= 0)
        total = margins.sum(axis=2) - margins.sum(axis=1)
        votes = won.sum(axis=2) + lost.sum(axis=1)
        return np.asarray(votes + total / (3 * (np.abs(total) + 1)))


def _kernel(x: np.ndarray, y: np.ndarray, rate: float) -> np.ndarray:
    """``exp(-rate |x - y|^2)``, ``[N, M]`` float64."""
    left, right = _factors(x, y, rate)
    power = torch.from_numpy(left @ right.T).clamp_(max=0)
    return np.asarray(power.exp_().numpy())


def _factors(x: np.ndarray, y: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """``[N, F + 2]`` and ``[M, F + 2]``, whose product is ``-rate |x - y|^2``."""
    own, other = (-rate * (points * points).sum(axis=1) for points in (x, y))
    left = np.column_stack([2 * rate * x, own, np.ones(len(x))])
    return left, np.column_stack([y, np.ones(len(y)), other])


def _padded_kernel(points: np.ndarray, rate: float) -> np.ndarray:
    """Kernel ``[N, M]`` float32 of ``points`` ``[N, F]``, zero from column ``N`` to full lanes."""
    size = len(points)
    kernel = torch.zeros((size, -(-size // LANES) * LANES), dtype=torch.float32)
    left, right = _factors(points, points, rate)
    spare = np.empty(ROWS * size)  # new memory would take longer than the product
    for start in range(0, size, ROWS):
        stop = min(start + ROWS, size)
        power = spare[: (stop - start) * stop].reshape(stop - start, stop)
        np.dot(left[start:stop], right[:stop].T, out=power)
        below = kernel[start:stop, :stop]
        below.copy_(torch.from_numpy(power)).clamp_(max=0).exp_()
        kernel[:start, start:stop] = below[:, :start].T  # the other half mirrors it
    kernel.fill_diagonal_(1)
    return kernel.numpy()


def _solved(kernel: np.ndarray, inside: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    """Weights ``[N]`` and offset of the margin that is positive ``inside`` ``[N]`` bool."""
    sign = np.zeros(kernel.shape[1])
    sign[: len(inside)] = np.where(inside, 1.0, -1.0)
    weight, offset, gap = _solve(kernel, sign, penalty, GAP, MOST_STEPS)
    if gap >= GAP:
        warnings.warn(
            f"a margin has not settled in {MOST_STEPS} steps", ConvergenceWarning, stacklevel=2
        )
    return weight, offset


@numba.njit(cache=True, nogil=True)
def _side_by_side(kernel, start, end, other, last):  # type: ignore[no-untyped-def]
    """Kernel of two spans of rows, padded: a quarter of the time of numpy's for small spans."""
    rows = np.concatenate((np.arange(start, end), np.arange(other, last)))
    both = np.zeros((len(rows), -(-len(rows) // LANES) * LANES), np.float32)
    size = end - start
    for i, row in enumerate(rows):
        both[i, :size] = kernel[row, start:end]
        both[i, size : len(rows)] = kernel[row, other:last]
    return both


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc", "contract", "arcp"})
def _grower(pull, up, first, second, move, most):  # type: ignore[no-untyped-def]
    """Move all pulls by a step; the one of largest pull among those that may grow.

    Maxima are taken lane by lane, which processors do many at a time.
    """
    most[:] = -2 * FAR
    for start in range(0, len(pull), LANES):
        here, open_ = pull[start : start + LANES], up[start : start + LANES]
        one, other = first[start : start + LANES], second[start : start + LANES]
        for t in range(LANES):
            here[t] -= move * (one[t] - other[t])
        for t in range(LANES):
            value = here[t] + open_[t]
            most[t] = value if value > most[t] else most[t]
    best = most.argmax()
    for t in range(best, len(pull), LANES):
        if pull[t] + up[t] > pull[best] + up[best]:
            best = t
    return best


@numba.njit(cache=True, nogil=True, fastmath={"nnan", "nsz", "reassoc", "contract", "arcp"})
def _shrinker(pull, down, first, top, least, gain):  # type: ignore[no-untyped-def]
    """Of those that may shrink: the one that gains most beside ``first``, and the least pull."""
    zero, flat, one = np.float32(0), np.float32(FLAT), np.float32(1)
    least[:], gain[:] = 2 * FAR, 0
    for start in range(0, len(pull), LANES):
        here, open_ = pull[start : start + LANES], down[start : start + LANES]
        near = first[start : start + LANES]
        for t in range(LANES):
            value = here[t] + open_[t]
            least[t] = value if value < least[t] else least[t]
            apart = np.float32(top - value)
            apart = apart if apart > zero else zero
            bend = one - near[t]
            worth = apart * apart / (bend if bend > flat else flat)
            gain[t] = worth if worth > gain[t] else gain[t]
    best, most = gain.argmax(), np.float32(-1)
    for t in range(best, len(pull), LANES):
        apart = np.float32(top - (pull[t] + down[t]))
        apart = apart if apart > zero else zero
        bend = one - first[t]
        worth = apart * apart / (bend if bend > flat else flat)
        if worth > most:
            best, most = t, worth
    return best, least.min()


@numba.njit(cache=True, nogil=True)
def _solve(kernel, sign, penalty, gap, most_steps):  # type: ignore[no-untyped-def]
    """Sequential minimal optimisation, pairs by second order (Fan, Chen & Lin 2005).

    https://jmlr.org/papers/v6/fan05a.html. ``sign`` is zero where ``kernel`` is padded. A weight
    has the sign of its point, and is at most ``penalty`` in size.
    """
    size = len(kernel)
    weight, pull = np.zeros(size), sign.copy()
    low, high = np.minimum(penalty * sign, 0), np.maximum(penalty * sign, 0)
    up, down = np.where(sign > 0, 0.0, -FAR), np.where(sign < 0, 0.0, FAR)
    most, least, gain = np.empty(LANES), np.empty(LANES), np.empty(LANES, np.float32)
    i, j, move, top, bottom = 0, 0, 0.0, FAR, -FAR
    for _ in range(most_steps):
        i = _grower(pull, up, kernel[i], kernel[j], move, most)
        top = pull[i] + up[i]
        j, bottom = _shrinker(pull, down, kernel[i], top, least, gain)
        if top - bottom < gap:
            break
        wanted = (top - pull[j]) / max(2 - 2 * np.float64(kernel[i, j]), 2 * FLAT)
        more, less = high[i] - weight[i], weight[j] - low[j]
        move = min(wanted, more, less)
        weight[i] = high[i] if move == more else weight[i] + move
        weight[j] = low[j] if move == less else weight[j] - move
        up[i], down[i] = (-FAR if move == more else 0.0), 0.0
        down[j], up[j] = (FAR if move == less else 0.0), 0.0
    free = (weight > low[:size]) & (weight < high[:size])
    offset = pull[:size][free].mean() if free.any() else (top + bottom) / 2
    return weight, offset, top - bottom
