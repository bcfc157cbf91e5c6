"""The report's question of homologs, of this code and of an earlier commit: CPU seconds, answers.

    git worktree add /tmp/before COMMIT
    OMP_NUM_THREADS=1 python benchmarks/homologs.py --archive PATH/Supplementary-Data-S1.zip \
        --before /tmp/before

Larval brain, its spectral embedding at d = 24 and the wiring alone, five folds, all shares of known
pairs. The two take turns in child processes. Importing and reading are not counted, nor is one
small table first, which compiles.
"""

import argparse
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.linalg import svds

KEYS = ["embedding", "matcher", "neurons", "known"]
SCORES = ["hits@1", "hits@5", "mrr"]
DIMS = 24


def factors(matrix: sp.csr_array) -> np.ndarray:
    """Adjacency spectral embedding ``[N, 2 d]`` of ``[N, N]``, source beside target."""
    start = np.random.default_rng(0).normal(size=matrix.shape[0])
    source, scale, target = svds(matrix, DIMS, v0=start)
    return np.concatenate([source * scale**0.5, target.T * scale**0.5], axis=1)


def answer(archive: str, smoke: bool) -> None:
    """In a child: the table as CSV, below a line with its CPU seconds."""
    from connectome.analysis.latent import homolog_table, synapse_matrix
    from connectome.data.readers.larva_brain import read_larva_brain
    from connectome.data.synthetic.blockmodel import read_blockmodel
    from connectome.data.tabular import csv_text

    small = read_blockmodel(neurons=200, edges=3_000, types=5)
    homolog_table(small, {"ASE": factors(synapse_matrix(small, "log1p"))}, known=(0.0, 0.5))
    brain = small if smoke else read_larva_brain(archive)
    spaces = {"ASE": factors(synapse_matrix(brain, "log1p"))}
    started = time.process_time()
    table = homolog_table(brain, spaces)
    print(time.process_time() - started)
    print(csv_text(table))


def asked(root: Path, given: argparse.Namespace) -> tuple[float, pd.DataFrame]:
    """CPU seconds and table of the code in ``root``."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child"]
    command += ["--archive", str(given.archive)] + ["--smoke"] * given.smoke
    environment = os.environ | {"PYTHONPATH": str(root)}
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if output.returncode:
        raise SystemExit(output.stderr[-2000:])
    seconds, _, table = output.stdout.partition("\n")
    return float(seconds), pd.read_csv(io.StringIO(table))


def main() -> None:
    """Take turns and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archive", help="Supplementary-Data-S1.zip of the larval brain")
    parser.add_argument("--before", type=Path, help="a checkout of an earlier commit")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--smoke", action="store_true", help="a small drawn brain")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not given.smoke and given.archive is None:
        raise SystemExit("--archive is missing; give PATH/Supplementary-Data-S1.zip, or --smoke")
    if given.child:
        answer(given.archive, given.smoke)
        return
    here = Path(__file__).resolve().parent.parent
    for _ in range(given.rounds):
        now, table = asked(here, given)
        print(f"this code: {now:.1f} CPU s", flush=True)
        if given.before is None:
            continue
        before, other = asked(given.before, given)
        print(f"before: {before:.1f} CPU s, {before / now:.1f} times as many")
        both = other.merge(table, on=KEYS, suffixes=(" before", ""))
        both = both[both["matcher"].str.contains("graph")]
        shown = [name + part for name in SCORES for part in (" before", "")]
        print(both[[*KEYS, *shown, "hits@1_sd before"]].round(3).to_string(index=False))


if __name__ == "__main__":
    main()
