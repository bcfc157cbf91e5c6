#!/usr/bin/env bash
# igraph 1.0.0: write_gml leaves the underscore out of the names of attributes, and rounds long ids.
#
# `cell_type` is `celltype` in the file, `root_id` is `rootid`, and two neurons whose ids differ in the
# last digits have one id. Only a warning for the names comes, none for the ids. GML allows letters and
# digits in names, so the underscore must go; but what looks for `cell_type` finds nothing. Remedy: ids
# as text, and other names; or GraphML, which keeps names (and rounds numbers too).
#
# Output seen:
#   names: celltype, id, rootid
#   ids: 7.205759406e+17, 7.205759406e+17
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check igraph==1.0.0
cat > write.py <<'PYTHON'
import re
from pathlib import Path

import igraph

graph = igraph.Graph(n=2, edges=[(0, 1)], directed=True)
graph.vs["root_id"] = [720575940600000001, 720575940600000003]
graph.vs["cell_type"] = ["KC", "MBON"]
graph.write_gml("a.gml")
content = Path("a.gml").read_text()
nodes = content[content.index("node") : content.index("edge")]
names = sorted({name for name in re.findall(r"^\s+(\w+) \S", nodes, re.M)})
ids = re.findall(r"rootid (\S+)", nodes)
print("names:", ", ".join(names))
print("ids:", ", ".join(ids))
assert "celltype" in names and "cell_type" not in names, "igraph keeps the underscore now"
assert len(set(ids)) == 1, "igraph keeps the digits now"
PYTHON
venv/bin/python -W ignore write.py
