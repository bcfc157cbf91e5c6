"""Cell types of FlyWire's right half from few seeds: accuracy, honesty and cost, beside NTAC.

    OMP_NUM_THREADS=1 python benchmarks/cell_types.py --root FOLDER
    OMP_NUM_THREADS=1 python benchmarks/cell_types.py --root FOLDER --peer /tmp/ntac/bin/python \\
        --tasks visual2 --draws 0
    OMP_NUM_THREADS=1 python benchmarks/cell_types.py --root FOLDER --left LEFT

NTAC 0.1.2 wants an environment of its own: ``python -m venv /tmp/ntac`` and
``/tmp/ntac/bin/pip install ntac==0.1.2``. Both are told the same neurons in the same run, each in a
process with one thread. Seconds are of processor time, reading and compiling left out; the peak is
the process's, and what its libraries and the data took is said beside it.

Tasks: ``visual2`` and ``visual10`` are the 46,357 neurons that have a ``visual_type``, and their
connections with each other; 2% told with each of 727 types at least once, and 10% drawn evenly.
``central`` is the 28,134 neurons whose ``super_class`` is not ``optic``, 16,552 of them with one of
4,837 values of ``cell_type``; 30% told with each type at least once, which is about one a type.
Figures are of labelled neurons that were not told; in ``central`` of those with a connection left.

``--left`` asks for the ceiling from the right half to the left one, ``flywire_left_central``: each
left neuron is typed while the true types of its partners on the left are known, and its own is not.
Self-loops are dropped. Counted are neurons with a connection and a type of both halves.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from rich.console import Console
from rich.table import Table
from sklearn.metrics import f1_score

from connectome.analysis.cell_typing import threshold
from connectome.analysis.latent import synapse_matrix
from connectome.data.readers.flywire import read_flywire_left_central, read_flywire_right
from connectome.models.cell_typing import (
    CarrySettings,
    Wiring,
    carry_types,
    draw_known,
    fit_confidence,
    nearest_types,
    type_neurons,
)
from connectome.models.matching import match_sparse
from connectome.models.sparse import one_hot
from connectome.types import Connectome

PEER = Path(__file__).with_name("cell_types_peer.py")
BINS = 15  # of confidence, for the expected calibration error
PRECISION = 0.95


@dataclass(frozen=True)
class Task:
    """Which neurons, which label, and who is told."""

    label: str
    share: float
    every_type: bool
    connected: bool = False


TASKS = {
    "visual2": Task("visual_type", 0.02, True),
    "visual10": Task("visual_type", 0.1, False),
    "central": Task("cell_type", 0.3, True, connected=True),
}


def problem(root: str, name: str) -> tuple[sp.csr_array, np.ndarray]:
    """Synapses ``[N, N]`` and types ``[N]``, -1 where there is none."""
    task, whole = TASKS[name], read_flywire_right(root)
    table = whole.neurons
    kept = table[task.label].notna() if name != "central" else table["super_class"].ne("optic")
    pre, post = whole.edge_index.numpy()
    matrix = sp.csr_array((whole.synapses.numpy(), (pre, post)), shape=(len(table),) * 2)
    rows = np.flatnonzero(kept.to_numpy())
    types, code = np.unique(table[task.label].iloc[rows].fillna(""), return_inverse=True)
    code = code.astype(np.int64) - int(types[0] == "")
    return sp.csr_array(matrix[rows][:, rows]), code


def ece(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error over ``BINS`` equal bins."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = np.bincount(place, confidence - right, minlength=BINS)
    return float(np.abs(gap).sum() / len(right))


def accuracy(
    synapses: sp.csr_array, code: np.ndarray, known: np.ndarray, best: np.ndarray, connected: bool
) -> dict[str, float]:
    """Of labelled neurons that were not told."""
    asked = untold(synapses, code, known, connected)
    truth, found = code[asked], best[asked]
    union = np.setdiff1d(np.union1d(truth, found), [-1])
    options = {"average": "macro", "zero_division": 0}
    return {
        "asked": int(asked.sum()),
        "accuracy": float((truth == found).mean()),
        "macro_f1": float(f1_score(truth, found, labels=union, **options)),
        "macro_f1_there": float(f1_score(truth, found, labels=np.unique(truth), **options)),
    }


def untold(
    synapses: sp.csr_array, code: np.ndarray, known: np.ndarray, connected: bool
) -> np.ndarray:
    """``[N]`` bool, whose types are asked for."""
    degree = np.diff(synapses.indptr) + np.bincount(synapses.indices, minlength=len(code))
    return (code >= 0) & (known < 0) & ((degree > 0) | (not connected))


def ours(root: str, name: str, draw: int) -> dict[str, float]:
    """Figures of one task and draw, in this process."""
    task = TASKS[name]
    synapses, code = problem(root, name)
    known = np.where(draw_known(code, task.share, task.every_type, draw), code, -1)
    count, before = int(code.max()) + 1, peak()
    small = synapses[:200][:, :200]
    since = time.process_time()
    type_neurons(small, np.arange(200) % 5, 5)  # compiles, or reads what was compiled
    type_neurons(small, np.arange(200) % 3000, 3000)
    compiling = time.process_time() - since
    since = time.process_time()
    answer = type_neurons(synapses, known, count)
    seconds, top = time.process_time() - since, peak()
    since = time.process_time()
    fit = fit_confidence(synapses, known, count, answer, untold=0.0 if task.every_type else None)
    fitting = time.process_time() - since
    confidence = fit.of(answer)
    asked = untold(synapses, code, known, task.connected)
    right = (answer.best == code)[asked]
    limit = threshold(confidence[known < 0], answer.best[known < 0], PRECISION)
    sure = confidence[asked] >= limit
    figures = accuracy(synapses, code, known, answer.best, task.connected) | {
        "seconds": seconds,
        "confidence_seconds": fitting,
        "compile_seconds": compiling,
        "peak_mb": top,
        "before_mb": before,
        "ece": ece(confidence[asked], right),
        "threshold": limit,
        "coverage_at_95": float(sure.mean()),
        "precision_at_95": float(right[sure].mean()) if sure.any() else float("nan"),
    }
    strange = asked & ~np.isin(code, known[known >= 0])
    if strange.any():
        figures |= refusal(confidence, asked, strange, limit)
    return figures


def refusal(
    confidence: np.ndarray, asked: np.ndarray, strange: np.ndarray, limit: float
) -> dict[str, float]:
    """The share of the neurons of untold types that abstains, and where 92% of all are typed."""
    rank = float(np.quantile(confidence[asked], 0.08))
    return {
        "untold_types": int(strange.sum()),
        "refused": float((confidence[strange] < limit).mean()),
        "refused_at_92": float((confidence[strange] < rank).mean()),
    }


def peer(python: str, root: str, name: str, draw: int) -> dict[str, float]:
    """NTAC's figures on the same seeds, from its own process."""
    task = TASKS[name]
    synapses, code = problem(root, name)
    known = np.where(draw_known(code, task.share, task.every_type, draw), code, -1)
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "given.npz", Path(folder) / "found.npz"
        parts = {part: getattr(synapses, part) for part in ("data", "indices", "indptr")}
        np.savez(given, known=known, **parts)
        done = subprocess.run(
            [python, str(PEER), str(given), str(found)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{python} {PEER}: {done.stderr[-2000:]}")
        with np.load(found) as file:
            best, cost = file["best"], {key: float(file[key]) for key in ("seconds", "peak_mb")}
    return accuracy(synapses, code, known, best, task.connected) | cost


def ceiling(root: str, left: str) -> list[tuple[str, dict[str, float]]]:
    """From the right to the left, with the left's types unknown, and known of partners."""
    both = [_central(read_flywire_right(root)), _central(read_flywire_left_central(left))]
    names = sorted({name for _, types in both for name in types if name})
    code = [pd.Index(names).get_indexer(types) for _, types in both]
    right, away = both[0][0], both[1][0]
    asked = np.isin(code[1], np.intersect1d(*code)) & untold(away, code[1], code[1] * 0 - 1, True)
    matching = match_sparse(right, away).soft
    given = (right, code[0], away, len(names), matching)
    once = CarrySettings(rounds=1)
    found = {
        "no type of the left known": carry_types(*given).best,
        "types of partners known": carry_types(*given, told=code[1]).best,
        "the same, one round": carry_types(*given, once, told=code[1]).best,
        "types of partners alone": _by_profiles([right, away], code, len(names)),
    }
    truth = code[1][asked]
    return [
        (name, {"asked": len(truth), "accuracy": float((best[asked] == truth).mean())})
        for name, best in found.items()
    ]


def _central(brain: Connectome) -> tuple[sp.csr_array, np.ndarray]:
    """Synapses without self-loops and cell types, "" where unknown, of neurons not ``optic``."""
    rows = np.flatnonzero(brain.neurons["super_class"].ne("optic"))
    matrix = sp.csr_array(synapse_matrix(brain))[rows][:, rows]
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    return sp.csr_array(matrix), brain.neurons["cell_type"].iloc[rows].fillna("").to_numpy()


def _by_profiles(synapses: list[sp.csr_array], code: list[np.ndarray], count: int) -> np.ndarray:
    """The type of the right neuron whose synapses with each type are likest, of left ones."""
    parts = [
        Wiring.of(each).profile(one_hot(types, count))
        for each, types in zip(synapses, code, strict=True)
    ]
    told = np.flatnonzero(code[0] >= 0)
    profile = sp.csr_array(sp.vstack(parts, format="csr"))
    return nearest_types(profile, told, code[0][told])[0][len(code[0]) :, 0]


def peak() -> float:
    """The largest memory that this process has held, MB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (2**20 if sys.platform == "darwin" else 2**10)


def child(given: argparse.Namespace, name: str, draw: int) -> dict[str, float]:
    """:func:`ours` in a process of its own, whose peak is its own."""
    command = [sys.executable, __file__, "--root", given.root, "--one", name, str(draw)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def table(rows: list[tuple[str, dict[str, float]]]) -> Table:
    """A row a run; what was not measured is empty."""
    names = dict.fromkeys(name for _, figures in rows for name in figures)
    shown = Table("task, draw, method", title="neurons that were not told; one thread")
    for name in names:
        shown.add_column(name, justify="right", overflow="fold")
    for label, figures in rows:
        cells = (figures.get(name) for name in names)
        shown.add_row(label, *("" if cell is None else f"{cell:.4g}" for cell in cells))
    return shown


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", required=True, help="folder of flywire_right")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--draws", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--peer", metavar="PYTHON", help="one that has ntac==0.1.2")
    parser.add_argument("--left", help="folder of flywire_left_central: the ceiling, nothing else")
    parser.add_argument("--one", nargs=2, metavar=("TASK", "DRAW"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(ours(given.root, given.one[0], int(given.one[1]))))
        return
    rows = ceiling(given.root, given.left) if given.left else []
    for name in [] if given.left else given.tasks:
        for draw in given.draws:
            rows.append((f"{name} {draw}", child(given, name, draw)))
            if given.peer:
                figures = peer(given.peer, given.root, name, draw)
                rows.append((f"{name} {draw} NTAC", figures))
    Console(width=200).print(table(rows))
    print(json.dumps(dict(rows), indent=1))


if __name__ == "__main__":
    main()
