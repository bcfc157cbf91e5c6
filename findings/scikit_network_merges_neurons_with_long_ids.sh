#!/usr/bin/env bash
# scikit-network 0.33.5 (numpy 2.4.6, scipy 1.17.1): from_edge_list and from_csv with reindex=True read ids as
# doubles, so that neurons with ids of 18 digits become one, without a warning.
#
# Behaviour: reindex=True is for ids that are no row numbers, and keeps the ids as names. But all that looks like a
# number is turned into a double and back, integers of an int64 array too, and text. Between
# 2^59 and 2^60, where FlyWire's ids lie, doubles are 128 apart.
# What follows: two connections between four neurons are one neuron that connects to itself. Neurons whose ids are
# closer than 128 share their links, and the names are ids that the release may not have.
# Remedy: number the neurons first (numpy.unique(ids, return_inverse=True)), and keep the ids; or put a letter before.
#
# Output seen:
#   integers: 1 neuron, [[12]]
#   int64 array: 1 neuron, [[12]]
#   text: 1 neuron, [[12]]
#   CSV file: 1 neuron, [[12]]
#   text with a letter: 4 neurons, [[0, 5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 7], [0, 0, 0, 0]]
#   the name of the one neuron: 720575940600000000, which no neuron has
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  scikit-network==0.33.5 numpy==2.4.6 scipy==1.17.1
cat > merge.py <<'PYTHON'
from pathlib import Path

import numpy as np
from sknetwork.data import from_csv, from_edge_list

EDGES = [
    (720575940600000001, 720575940600000003, 5),
    (720575940600000005, 720575940600000007, 7),
]
APART = [[0, 5, 0, 0], [0, 0, 0, 0], [0, 0, 0, 7], [0, 0, 0, 0]]
how = {"directed": True, "reindex": True}
Path("edges.csv").write_text("\n".join(",".join(map(str, edge)) for edge in EDGES))
graphs = {
    "integers": from_edge_list(EDGES, **how),
    "int64 array": from_edge_list(np.array(EDGES, dtype=np.int64), **how),
    "text": from_edge_list([(str(pre), str(post), syn) for pre, post, syn in EDGES], **how),
    "CSV file": from_csv("edges.csv", **how),
    "text with a letter": from_edge_list([(f"n{a}", f"n{b}", syn) for a, b, syn in EDGES], **how),
}
for name, graph in graphs.items():
    neurons, wiring = len(graph.names), graph.adjacency.toarray().tolist()
    print(f"{name}: {neurons} neuron{'s' * (neurons > 1)}, {wiring}")
    expected = APART if name == "text with a letter" else [[12]]
    assert wiring == expected, f"{name}: ids are no longer rounded"
    if neurons == 1:
        assert graph.names.tolist() == [720575940600000000]
print("the name of the one neuron: 720575940600000000, which no neuron has")
PYTHON
venv/bin/python merge.py
