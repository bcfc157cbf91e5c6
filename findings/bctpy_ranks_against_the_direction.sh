#!/usr/bin/env bash
# bctpy 0.6.1 (numpy 2.4.6, scipy 1.17.1, networkx 3.6.1): pagerank_centrality reads the matrix the other way round
# than degrees_dir of the same package.
#
# In degrees_dir row i holds the outputs of neuron i, as in files of connectomes. pagerank_centrality divides by the
# sums of the columns and walks from column to row; its documentation says "adjacency matrix" alone.
# What follows: the rank goes to neurons that send, not to those that receive. Where three neurons drive a
# fourth, the three come first and the fourth last, by the matrix of which degrees_dir says that the
# fourth has all the inputs.
# Remedy: pagerank_centrality(A.T, d). For symmetric matrices the two are the same.
#
# Output seen (neurons 0, 1, 2 -> 3):
#   inputs: [0, 0, 0, 3], outputs: [1, 1, 1, 0]
#   bctpy, A: [0.265, 0.265, 0.265, 0.206]
#   bctpy, A.T: [0.153, 0.153, 0.153, 0.542]
#   networkx, A: [0.153, 0.153, 0.153, 0.542]
#   networkx, A.T: [0.265, 0.265, 0.265, 0.206]
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  bctpy==0.6.1 numpy==2.4.6 scipy==1.17.1 networkx==3.6.1
cat > rank.py <<'PYTHON'
import bct
import networkx as nx
import numpy as np

A = np.zeros((4, 4))
A[:3, 3] = 1


def ranks(matrix):
    graph = nx.from_numpy_array(matrix, create_using=nx.DiGraph)
    return bct.pagerank_centrality(matrix, 0.85), np.array(list(nx.pagerank(graph).values()))


inputs, outputs, _ = bct.degrees_dir(A)
print(f"inputs: {inputs.astype(int).tolist()}, outputs: {outputs.astype(int).tolist()}")
(bctpy, networkx), (bctpy_turned, networkx_turned) = ranks(A), ranks(A.T)
for name, rank in {
    "bctpy, A": bctpy,
    "bctpy, A.T": bctpy_turned,
    "networkx, A": networkx,
    "networkx, A.T": networkx_turned,
}.items():
    print(f"{name}: {rank.round(3).tolist()}")
assert (inputs.tolist(), outputs.tolist()) == ([0, 0, 0, 3], [1, 1, 1, 0])
assert networkx.round(3).tolist() == [0.153, 0.153, 0.153, 0.542]
assert np.allclose(bctpy, networkx_turned, atol=1e-5), "the direction is that of degrees_dir now"
assert np.allclose(bctpy_turned, networkx, atol=1e-5)
PYTHON
venv/bin/python -W ignore rank.py
