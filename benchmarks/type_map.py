"""A map of FlyWire's right half in which types can be seen, drawn without a single type.

    OMP_NUM_THREADS=1 python benchmarks/type_map.py --root FOLDER --out map.png

The 46,357 neurons with a ``visual_type`` and their connections with each other are grouped by
``find_types``; groups are placed by t-SNE of what they connect with, and neurons among the groups.
Labels only colour the map and say how good it is: nearest type mean, of 2% told with each type at
least once, and 5 nearest neighbours, 9 of 10 told, 2,000 of the others asked; draws 0, 1, 2.
"""

import argparse

import numpy as np
import scipy.sparse as sp
from cell_types import TASKS, problem
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from connectome.analysis.cell_typing.page import partner_space, type_map
from connectome.models.cell_typing import draw_known, find_types

ASKED = 2000  # of a tenth of the neurons


def recalls(place: np.ndarray, code: np.ndarray, draw: int) -> tuple[float, float]:
    """Of places ``[N, d]`` and types ``[N]``: by the nearest mean, and by 5 neighbours."""
    scaled = (place - place.mean(axis=0)) / place.std(axis=0)
    task = TASKS["visual2"]
    told = draw_known(code, task.share, task.every_type, draw)
    means = NearestCentroid().fit(scaled[told], code[told])
    order = np.random.default_rng(draw).permutation(len(code))
    tell, ask = order[len(order) // 10 :], order[: len(order) // 10][:ASKED]
    near = KNeighborsClassifier(5).fit(scaled[tell], code[tell])
    right = (means.predict(scaled[~told]) == code[~told], near.predict(scaled[ask]) == code[ask])
    return float(right[0].mean()), float(right[1].mean())


def drawn(place: np.ndarray, code: np.ndarray) -> Figure:
    """Neurons at ``place`` ``[N, 2]``, in the colours of their types ``[N]``."""
    figure = Figure(figsize=(9, 9), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    hue = np.random.default_rng(0).permutation(code.max() + 1)[code]
    axes.scatter(
        place[:, 0], place[:, 1], c=hue, s=1, cmap="nipy_spectral", linewidths=0, rasterized=True
    )
    axes.set_axis_off()
    return figure


def degrees(synapses: sp.csr_array) -> np.ndarray:
    """``[N, 2]`` log synapses, out and in."""
    return np.log1p(np.stack([synapses.sum(axis=1), synapses.sum(axis=0)], axis=1))


def main() -> None:
    """Draw the map and print its recall beside that of degrees."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", required=True, help="folder of flywire_right")
    parser.add_argument("--out", required=True, help="the picture, PNG")
    given = parser.parse_args()
    synapses, code = problem(given.root, "visual2")
    groups = find_types(synapses)
    place = type_map(partner_space(synapses, groups, int(groups.max()) + 1), groups)
    if place is None:
        raise SystemExit("too few groups for a map")
    drawn(place, code).savefig(given.out, dpi=150)
    for name, values in (("map", place), ("degrees", degrees(synapses))):
        for draw in range(3):
            mean, near = recalls(values, code, draw)
            print(f"{name}, draw {draw}: nearest mean {mean:.3f}, 5-NN {near:.3f}")


if __name__ == "__main__":
    main()
