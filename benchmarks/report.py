"""What a report costs, question by question: processor seconds and seconds by the clock.

    python train.py -m name=four model=spectral,laplacian,lse,factor latent_dim=24 \
        split.directed=true split.protocol=orbit data=larva_brain data.archive=PATH
    python benchmarks/report.py runs=outputs/four source=embedding
    python benchmarks/report.py runs=outputs/four source=embedding look.map=components

Takes the options of ``evaluate.py``. A map of an earlier report that lies in a run's folder, as
``map.npz``, is read and not made again: delete it first. ``OMP_NUM_THREADS=1`` for one thread.
"""

import sys
import time
from collections.abc import Callable

from connectome.analysis.questions import Answers
from connectome.cli.evaluate import run

Spent = dict[str, tuple[float, float]]


def timed(name: str, work: Callable[[], None], spent: Spent) -> None:
    """Do ``work`` and note its processor and clock seconds."""
    start = time.process_time(), time.perf_counter()
    work()
    spent[name] = time.process_time() - start[0], time.perf_counter() - start[1]


def by_question(argv: list[str]) -> Spent:
    """Seconds of each question, and of the whole program from its imports on."""
    spent: Spent = {}
    answer = Answers.answer
    Answers.answer = lambda look, question: timed(  # type: ignore[method-assign]
        question.name, lambda: answer(look, question), spent
    )
    begun = time.perf_counter()
    run([*argv, "report=true"])
    spent["all"] = time.process_time(), time.perf_counter() - begun
    return spent


if __name__ == "__main__":
    table = by_question(sys.argv[1:])
    print("| question | processor seconds | seconds |\n|-|-|-|")
    for name, (processor, clock) in table.items():
        print(f"| {name} | {processor:.1f} | {clock:.1f} |")
