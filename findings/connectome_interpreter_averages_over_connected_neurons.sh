#!/usr/bin/env bash
# connectome-interpreter 2.9.5 (torch 2.13.0): effective_conn_from_paths(paths, group_dict) averages over the
# postsynaptic neurons that have an input, and leaves out the others of their type.
#
# Two other functions of the package, result_summary and group_paths, give the input of an average neuron of
# a type, neurons without one included (group_paths has an option, avg_within_connected, for the other).
# Behaviour: effective_conn_from_paths groups the edges that are there, so a neuron without an edge is no part of
# the mean. Its documentation does not say so, and there is no option.
# What follows: where 1 of 10 neurons of type B takes half of its input from A, A is half of the input of B by one
# function, a twentieth by the others. The fewer neurons of a type have the connection, the more it is
# overstated, and ranks of partner types change.
# Remedy: effective_conn_from_paths without groups, then add up by types and divide by the number of
# neurons of the postsynaptic type.
#
# Output seen (one neuron A, ten neurons B, one edge of .5):
#   result_summary: 0.05
#   group_paths: 0.05
#   group_paths(avg_within_connected=True): 0.5
#   effective_conn_from_paths: 0.5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  connectome-interpreter==2.9.5 torch==2.13.0 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1
cat > average.py <<'PYTHON'
import connectome_interpreter as ci
import pandas as pd
import scipy.sparse as sp

kind = {0: "A"} | dict.fromkeys(range(1, 11), "B")
matrix = sp.csc_matrix(([0.5], ([0], [1])), shape=(11, 11))


def paths():
    return pd.DataFrame({"pre": [0], "post": [1], "weight": [0.5], "layer": [1]})


summary = ci.result_summary(matrix, [0], list(range(1, 11)), kind, display_output=False)
within = ci.group_paths(paths(), kind, kind, avg_within_connected=True)
found = {
    "result_summary": summary.loc["A", "B"],
    "group_paths": ci.group_paths(paths(), kind, kind)["weight"].item(),
    "group_paths(avg_within_connected=True)": within["weight"].item(),
    "effective_conn_from_paths": ci.effective_conn_from_paths(paths(), kind).loc["A", "B"],
}
for name, value in found.items():
    print(f"{name}: {value:g}")
assert list(found.values()) == [0.05, 0.05, 0.5, 0.5], "neurons without an input count now"
PYTHON
venv/bin/python -W ignore average.py
