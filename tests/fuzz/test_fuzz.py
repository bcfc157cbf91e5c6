"""Bad and odd data files, options and run folders end in one line, or in the right numbers."""

from pathlib import Path

import pytest

from tests.fuzz.cases import report
from tests.fuzz.driver import KINDS, run_cases

SEED = 0
CASES = 300  # of each kind
BATCH = 25


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("start", range(0, CASES, BATCH))
@pytest.mark.parametrize("kind", KINDS)
def test_cases_are_refused_in_a_line_or_read_right(kind: str, start: int, folder: Path) -> None:
    results = list(run_cases(kind, SEED, range(start, start + BATCH), folder))
    faults = report(results)
    assert not faults, f"\n{faults}"
    assert len({result.outcome for result in results}) == 2  # neither refuses all, nor accepts all
