#!/usr/bin/env bash
# networkx 3.6.1 declares an attribute twice in GraphML where its values are of two Python types
# (one weight is 1, another 0.5), and igraph 0.11.9 refuses the whole file for it.
#
# Synapse counts that were partly normalised, or read by a parser that gives 1 for "1" and 0.5 for
# "0.5", are enough. networkx reads its own file without a word. infer_numeric_types=True in
# write_graphml declares the attribute once, as double.
#
# Output seen:
#   declared: ['double', 'long']
#   igraph: Duplicate attribute name found: 'weight'
#   with infer_numeric_types: ['double'] -> [1.0, 0.5]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet igraph==0.11.9 networkx==3.6.1
venv/bin/python - <<'PY'
import re

import igraph
import networkx

graph = networkx.DiGraph()
graph.add_edge("a", "b", weight=1)
graph.add_edge("b", "c", weight=0.5)


def declared(name: str) -> list[str]:
    return sorted(re.findall(r'attr.name="weight" attr.type="(\w+)"', open(name).read()))


networkx.write_graphml(graph, "mixed.graphml")
print("declared:", declared("mixed.graphml"))
assert declared("mixed.graphml") == ["double", "long"]
assert networkx.read_graphml("mixed.graphml").edges["b", "c"]["weight"] == 0.5
try:
    igraph.Graph.Read_GraphML("mixed.graphml")
except igraph.InternalError as error:
    [complaint] = re.findall(r"Duplicate attribute name found: '\w+'", str(error))
    print("igraph:", complaint)
else:
    raise SystemExit("igraph reads it now")

networkx.write_graphml(graph, "one.graphml", infer_numeric_types=True)
weights = igraph.Graph.Read_GraphML("one.graphml").es["weight"]
print("with infer_numeric_types:", declared("one.graphml"), "->", weights)
assert (declared("one.graphml"), weights) == (["double"], [1.0, 0.5])
PY
