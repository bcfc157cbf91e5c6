#!/usr/bin/env bash
# igraph 0.11.9 (Python) writes integer attributes to GraphML as doubles of 15 significant digits,
# and its own copy of a file that networkx 3.6.1 wrote exactly has other ids.
#
# Neurons of FlyWire have ids of 18 digits. In a vertex attribute such as the id of the homolog:
#   written by igraph:  720575940621039103  ->  attr.type="double", 7.20575940621039e+17
#   read by igraph:     attr.type="long", 720575940621039103  ->  720575940621039104
# A double would have told 720575940621039103 from its neighbours to within 64; 15 digits do so only
# to within 1000, and already 4503599627370497 (2^52 + 1), which a double holds exactly, is lost.
# No warning is given. Text is kept: write such attributes as strings.
#
# Output seen:
#   written: ['7.20575940621039e+17', '4.5035996273705e+15'] as double
#   read back: [720575940621038976, 4503599627370500]
#   read from networkx: 720575940621039104
#   as text: 720575940621039103
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

ROOT, SMALL = 720575940621039103, 2**52 + 1

graph = igraph.Graph(n=2, edges=[(0, 1)], directed=True)
graph.vs["homolog"] = [ROOT, SMALL]
graph.write_graphml("own.graphml")
text = open("own.graphml").read()
[kind] = re.findall(r'attr.name="homolog" attr.type="(\w+)"', text)
written = re.findall(r'key="v_homolog">([^<]+)<', text)
print("written:", written, "as", kind)
assert (kind, written) == ("double", ["7.20575940621039e+17", "4.5035996273705e+15"])
back = [int(value) for value in igraph.Graph.Read_GraphML("own.graphml").vs["homolog"]]
print("read back:", back)
assert back == [720575940621038976, 4503599627370500]

other = networkx.DiGraph()
other.add_node("a", homolog=ROOT, spelt=str(ROOT))
networkx.write_graphml(other, "other.graphml")
assert f">{ROOT}<" in open("other.graphml").read()
assert networkx.read_graphml("other.graphml").nodes["a"]["homolog"] == ROOT
read = igraph.Graph.Read_GraphML("other.graphml").vs[0]
print("read from networkx:", int(read["homolog"]))
print("as text:", read["spelt"])
assert int(read["homolog"]) == 720575940621039104
assert read["spelt"] == str(ROOT)
PY
