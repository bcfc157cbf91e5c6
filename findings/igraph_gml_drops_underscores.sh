#!/usr/bin/env bash
# igraph 1.0.0: write_gml leaves the underscore out of the names of attributes.
#
# `cell_type` is `celltype` in the file and `root_id` is `rootid`: what looks for them finds nothing, and
# `a_b` and `ab` would be one. GML allows letters and digits in names only, and igraph warns, but reads
# its own file back with the other names. Remedy: GraphML, which keeps them.
#
# Output seen:
#   read back: celltype, id, rootid
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check igraph==1.0.0
cat > write.py <<'PYTHON'
import igraph

graph = igraph.Graph(n=2, edges=[(0, 1)], directed=True)
graph.vs["root_id"] = ["720575940600000001", "720575940600000003"]
graph.vs["cell_type"] = ["KC", "MBON"]
graph.write_gml("a.gml")
names = sorted(igraph.Graph.Read_GML("a.gml").vs.attributes())
print("read back:", ", ".join(names))
assert names == ["celltype", "id", "rootid"], "igraph keeps the underscore now"
PYTHON
venv/bin/python -W ignore write.py
