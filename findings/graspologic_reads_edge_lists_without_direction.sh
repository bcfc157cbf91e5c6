#!/usr/bin/env bash
# graspologic 3.4.4 (numpy 1.26.4, networkx 3.6.1): import_edgelist, which reads a file of edges for the package's
# embeddings, forgets the direction of every edge, and of a pair's rows it keeps the last.
#
# Behaviour: lines (pre, post, weight) are read into an undirected graph and set, not summed. The matrix is
# symmetric, a connection and its reverse have the weight of whichever comes later, and a pair with
# a row for each neuropil has that of its last row. There is no option for direction, no warning, and the
# documentation names neither.
# What follows: AdjacencySpectralEmbed finds a symmetric matrix and returns one set of positions instead of sources
# and targets; synapses are lost, and which ones depends on the order of the lines.
# Remedy: sum the rows of a pair, build the matrix with scipy.sparse.coo_array, and pass that.
#
# Output seen:
#   in the file: 1 -> 2 with 50 and 10 synapses, 2 -> 1 with 3, 2 -> 3 with 7
#   read: [[0, 3, 0], [3, 0, 7], [0, 7, 0]]
#   lines in reverse: [[0, 50, 0], [50, 0, 7], [0, 7, 0]]
#   embedding: one array for the file, (sources, targets) for the true matrix
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  graspologic==3.4.4 numpy==1.26.4 scipy==1.17.1 networkx==3.6.1 scikit-learn==1.9.1
cat > edges.py <<'PYTHON'
from pathlib import Path

import numpy as np
from graspologic.embed import AdjacencySpectralEmbed
from graspologic.utils import import_edgelist

LINES = ["1,2,50", "1,2,10", "2,1,3", "2,3,7"]
TRUE = np.array([[0, 60, 0], [3, 0, 7], [0, 0, 0]], dtype=float)


def read(lines):
    Path("edges.csv").write_text("\n".join(lines))
    return import_edgelist("edges.csv", delimiter=",")


def embedded(matrix):
    return AdjacencySpectralEmbed(n_components=1, svd_seed=0).fit_transform(matrix)


forward, backward = read(LINES), read(LINES[::-1])
print("in the file: 1 -> 2 with 50 and 10 synapses, 2 -> 1 with 3, 2 -> 3 with 7")
print("read:", forward.astype(int).tolist())
print("lines in reverse:", backward.astype(int).tolist())
assert forward.tolist() == [[0, 3, 0], [3, 0, 7], [0, 7, 0]], "edges have a direction now"
assert backward.tolist() == [[0, 50, 0], [50, 0, 7], [0, 7, 0]], "edges have a direction now"
assert isinstance(embedded(forward), np.ndarray) and isinstance(embedded(TRUE), tuple)
print("embedding: one array for the file, (sources, targets) for the true matrix")
PYTHON
venv/bin/python -W ignore edges.py
