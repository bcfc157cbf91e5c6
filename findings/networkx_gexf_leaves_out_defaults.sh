#!/usr/bin/env bash
# networkx 3.6.1: read_gexf leaves out the <default> of an attribute.
#
# GEXF gives an attribute a default, which holds for every node that does not say otherwise. A file in
# which most neurons are KC by default is read with a cell type for the others alone. The GraphML reader
# of the same package fills defaults in. Remedy: write the value of every node, or use GraphML.
#
# Output seen:
#   n0 {'label': 'n0'}, n1 {'cell_type': 'MBON', 'label': 'n1'}
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check networkx==3.6.1
cat > read.py <<'PYTHON'
from pathlib import Path

import networkx

Path("a.gexf").write_text("""<gexf xmlns="http://gexf.net/1.3" version="1.3">
<graph defaultedgetype="directed">
<attributes class="node"><attribute id="0" title="cell_type" type="string"><default>KC</default>
</attribute></attributes>
<nodes><node id="n0" label="n0"/><node id="n1" label="n1"><attvalues>
<attvalue for="0" value="MBON"/></attvalues></node></nodes>
<edges><edge id="0" source="n0" target="n1" weight="2"/></edges></graph></gexf>""")
nodes = networkx.read_gexf("a.gexf").nodes(data=True)
print(", ".join(f"{node} {values}" for node, values in nodes))
assert "cell_type" not in dict(nodes)["n0"], "networkx fills in defaults now"
assert dict(nodes)["n1"]["cell_type"] == "MBON"
PYTHON
venv/bin/python read.py
