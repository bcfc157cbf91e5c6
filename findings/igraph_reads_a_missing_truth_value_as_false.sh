#!/usr/bin/env bash
# igraph 1.0.0: a truth value that a node of a GraphML file does not have is read as False.
#
# `proofread` of a neuron that nobody has looked at is the same as of one that failed; missing text is
# ''. No other program that reads the copy can tell. Numbers are kept apart (nan). Remedy: write such an
# attribute as text ('true', 'false', nothing), or as a number.
#
# Output seen:
#   proofread: [True, False]
#   cell_type: ['KC', '']
#   confidence: [0.5, nan]
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check igraph==1.0.0
cat > read.py <<'PYTHON'
from pathlib import Path

import igraph

Path("a.graphml").write_text("""<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="p" for="node" attr.name="proofread" attr.type="boolean"/>
<key id="t" for="node" attr.name="cell_type" attr.type="string"/>
<key id="c" for="node" attr.name="confidence" attr.type="double"/>
<graph edgedefault="directed"><node id="a"><data key="p">true</data><data key="t">KC</data>
<data key="c">0.5</data></node><node id="b"/><edge source="a" target="b"/></graph></graphml>""")
graph = igraph.Graph.Read_GraphML("a.graphml")
for name in ("proofread", "cell_type", "confidence"):
    print(f"{name}: {graph.vs[name]}")
assert graph.vs["proofread"] == [True, False], "igraph tells a missing truth value apart now"
assert graph.vs["cell_type"] == ["KC", ""]
assert str(graph.vs["confidence"]) == "[0.5, nan]"
PYTHON
venv/bin/python read.py
