"""Rebuild ``mushroom_body.csv`` from the wheel of graspologic (MIT).

pip download --no-deps graspologic==3.4.4
python connectome/data/assets/regenerate.py graspologic-3.4.4-py3-none-any.whl
"""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from connectome.runtime import save_text

FOLDER = "graspologic/datasets/drosophila"


def read_side(wheel: zipfile.ZipFile, side: str) -> pd.DataFrame:
    """Edges of one hemisphere, columns ``pre, post, synapses``.

    Rows of the published matrix are presynaptic.

    The matrices carry no skeleton ids: a neuron is named by side, class letter (Kenyon,
    Projection, Input, Output) and its rank in the file. No neuron is isolated, so the edges name
    them all.
    """
    matrix = np.loadtxt(io.StringIO(wheel.read(f"{FOLDER}/{side}_adjacency.csv").decode()), int)
    letters = pd.Series(wheel.read(f"{FOLDER}/{side}_cell_labels.csv").decode().split())
    rank = letters.groupby(letters).cumcount() + 1
    ids = (side[0].upper() + "-" + letters + "-" + rank.map("{:03d}".format)).to_numpy()
    pre, post = matrix.nonzero()
    return pd.DataFrame({"pre": ids[pre], "post": ids[post], "synapses": matrix[pre, post]})


def main() -> None:
    """Write the table beside this script."""
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        edges = pd.concat([read_side(wheel, side) for side in ("left", "right")])
    save_text(Path(__file__).with_name("mushroom_body.csv"), edges.to_csv(index=False))


if __name__ == "__main__":
    main()
