"""Throw bad and odd data files, options and damaged run folders at the programs, and count.

    python benchmarks/fuzz.py --cases 2000 --seed 1        of all kinds together
    python benchmarks/fuzz.py --kinds runs --seed 0 --case 17

The tests run the first 300 of each kind with seed 0 (tests/fuzz). Exits with 1 if a case ends in a
traceback, is accepted though it must be refused or refused though it must be accepted, gives other
numbers than are known, or gets a line that does not name what is wrong.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fuzz.cases import Result, counts, report
from tests.fuzz.driver import KINDS, run_cases

OUTCOMES = ("refused", "accepted", "fault")


def main() -> None:
    """Run the cases, print what came of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=300, help="of all kinds together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--case", type=int, help="only this one")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    started, results = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        for place, kind in enumerate(chosen.kinds):
            share = len(range(place, chosen.cases, len(chosen.kinds)))
            numbers = range(share) if chosen.case is None else [chosen.case]
            results += run_cases(kind, chosen.seed, numbers, Path(folder))
    print_counts(results, chosen.kinds)
    print(f"seed {chosen.seed}, {time.monotonic() - started:.0f} s")
    if chosen.case is not None:
        for result in results:
            print(f"{result.case.what}: {result.outcome} {result.group} {result.detail}")
    if faults := report(results):
        sys.exit(faults)


def print_counts(results: list[Result], kinds: list[str]) -> None:
    """A row for each kind."""
    found = counts(results)
    print("".join(f"{word:>10}" for word in ("kind", "cases", *OUTCOMES)))
    for kind in kinds:
        row = [found[kind, outcome] for outcome in OUTCOMES]
        print("".join(f"{cell:>10}" for cell in (kind, sum(row), *row)))


if __name__ == "__main__":
    main()
