#!/usr/bin/env bash
# anndata 0.12.6 with pandas 3.1.1: a file that was read cannot be written again.
#
# pandas 3 keeps text as `str` backed by Arrow, for which anndata 0.12.6 has no writer, though its
# metadata allow pandas 3. Neurons with a text column are saved only if the column and both indices are
# of dtype object, which a plain DataFrame is not; and what is read comes back as `str`. So reading a
# file, adding a column and saving fails. Remedy: astype(object) on columns and indices before saving.
#
# Output seen:
#   as pandas makes it: no writer for ArrowStringArray
#   as objects: written
#   read and written again: no writer for ArrowStringArray
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check anndata==0.12.6 pandas==3.1.1 pyarrow==26.0.1 numpy==2.4.6
cat > save.py <<'PYTHON'
import anndata
import numpy as np
import pandas as pd


def saved(data):
    try:
        data.write_h5ad("a.h5ad")
    except Exception as error:
        return "no writer for ArrowStringArray" if "ArrowStringArray" in str(error) else repr(error)
    return "written"


ids = ["720575940600000001", "720575940600000003"]
plain = pd.DataFrame({"cell_type": ["KC", "MBON"]}, index=ids)
objects = plain.set_index(pd.Index(ids, dtype=object))
objects["cell_type"] = objects["cell_type"].astype(object)
gene = pd.DataFrame(index=pd.Index(["x"], dtype=object))
found = {
    "as pandas makes it": saved(anndata.AnnData(X=np.zeros((2, 1)), obs=plain, var=gene)),
    "as objects": saved(anndata.AnnData(X=np.zeros((2, 1)), obs=objects, var=gene)),
}
found["read and written again"] = saved(anndata.read_h5ad("a.h5ad"))
for name, what in found.items():
    print(f"{name}: {what}")
refused = "no writer for ArrowStringArray"
assert list(found.values()) == [refused, "written", refused], "anndata writes text of pandas 3 now"
PYTHON
venv/bin/python -W ignore save.py
