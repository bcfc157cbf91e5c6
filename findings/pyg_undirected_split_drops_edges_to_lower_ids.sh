#!/usr/bin/env bash
# torch-geometric 2.8.1 (torch 2.13.0): RandomLinkSplit(is_undirected=True) keeps the edges whose first
# node has the lower number, and takes their reversals for granted. Of a directed graph it drops all
# others without a word: neither a warning nor an error, though the graph says is_undirected() == False.
#
# For a connectome: edges are directed and numbers are arbitrary, so about half of the edges whose
# reversal is absent vanish from training, validation and test, and those that stay are trained on both
# ways round. An AUC is still printed.
# Remedy: make the graph undirected first (ToUndirected), or leave is_undirected=False and hold out
# (i, j) and (j, i) together yourself.
#
# Seen: of 10 directed edges, 9 of which lead to a lower number, 1 is left:
#   is_undirected=False: 10 edges in the three parts
#   is_undirected=True: 1 0 (edges in the three parts, warnings)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  torch==2.13.0 torch-geometric==2.8.1 numpy==2.4.6

cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings

import torch
from torch_geometric.data import Data
from torch_geometric.transforms import RandomLinkSplit

EDGES = torch.tensor([[5, 4, 3, 2, 1, 9, 8, 7, 6, 0], [0, 1, 2, 0, 0, 3, 2, 1, 5, 4]])
graph = Data(edge_index=EDGES, num_nodes=10)
assert not graph.is_undirected()
assert int((EDGES[0] > EDGES[1]).sum()) == 9


def kept(is_undirected: bool) -> tuple[int, int]:
    """How many positive pairs the three parts hold together, and how often it warned of edges."""
    torch.manual_seed(0)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        split = RandomLinkSplit(num_val=0.1, num_test=0.2, is_undirected=is_undirected)
        parts = split(graph)
    told = sum("undirected" in str(one.message) for one in said)
    return sum(int((part.edge_label == 1).sum()) for part in parts), told


print("is_undirected=False:", kept(False)[0], "edges in the three parts")
print("is_undirected=True:", *kept(True), "(edges in the three parts, warnings)")
assert kept(False) == (10, 0)
assert kept(True) == (1, 0)
PYTHON
