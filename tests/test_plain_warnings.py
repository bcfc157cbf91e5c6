import logging
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from connectome.config import quiet_libraries
from connectome.config.warnings_in_words import meaning


@pytest.fixture(autouse=True)
def _as_in_a_program() -> Iterator[None]:
    """Filters of a fresh interpreter instead of those of the test suite."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.showwarning = lambda *_: print("raw warning")
        quiet_libraries()
        yield


def rare() -> None:
    y = np.array([0] * 9 + [1])
    list(StratifiedGroupKFold(3).split(y, y, np.arange(10)))


def unconverged() -> None:
    x = np.random.default_rng(0).normal(size=(50, 3)) * [1, 1e4, 1e-4]
    LogisticRegression(max_iter=1).fit(x, np.arange(50) % 2)


def alike() -> None:
    KMeans(3, n_init=1).fit(np.zeros((5, 1)))


@pytest.mark.parametrize(
    ("warned", "line"),
    [
        (rare, "a class has fewer members than there are folds, so folds lack it"),
        (unconverged, "a fit stopped before it had converged, so numbers that rest on it are"),
        (alike, "there are fewer different points than clusters, so fewer were made"),
    ],
)
def test_what_scikit_learn_warns_of_is_said_in_one_line_once(
    warned: Callable[[], None],
    line: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.WARNING):
        warned()
        warned()
    [message] = [record.getMessage() for record in caplog.records]
    assert message.startswith(f"scikit-learn: {line}")
    assert capsys.readouterr().out == ""


def test_others_are_printed_as_they_are_and_unknown_ones_by_their_first_line(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    warnings.warn("of this program", stacklevel=1)
    assert capsys.readouterr().out == "raw warning\n"
    assert not caplog.records
    assert meaning("Something new.\nSee the manual.") == "Something new."
