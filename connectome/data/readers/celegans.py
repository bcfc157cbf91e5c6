"""*C. elegans* of several individuals, sexes and ages, from the files of the package ``cect``.

Nothing of that package is imported: it is asked for its folder alone, which holds what it has read
of each publication as ``cache/NAME.json`` (cells, and a matrix for each kind of synapse), and what
the cells are in ``data/all_cell_info.csv``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from connectome.data.readers.collection import join_without
from connectome.data.readers.selection import selecting
from connectome.data.tabular import assemble
from connectome.receipt import LeftOut, Receipt
from connectome.types import Connectome, InputError
from connectome.user_files import user_path

_COOK = (
    "Cook SJ, et al. (2019) Whole-animal connectomes of both Caenorhabditis elegans sexes. Nature "
    "571:63-71. doi:10.1038/s41586-019-1352-7"
)
_WITVLIET = (
    "Witvliet D, et al. (2021) Connectomes across development reveal principles of brain "
    "maturation. Nature 596:257-261. doi:10.1038/s41586-021-03778-8"
)
_WHITE = (
    "White JG, et al. (1986) The structure of the nervous system of the nematode Caenorhabditis "
    "elegans. Phil Trans R Soc B 314:1-340. doi:10.1098/rstb.1986.0056"
)
# Name here -> file of the package, publication. Witvliet 1 to 4 are L1 larvae of growing age, 5 is
# L2, 6 is L3, 7 and 8 are adults; those are nerve rings, the other animals are whole.
ANIMALS: Mapping[str, tuple[str, str]] = {
    **{f"witvliet_{k}": (f"WitvlietDataReader{k}", _WITVLIET) for k in range(1, 9)},
    "cook_hermaphrodite": ("Cook2019HermReader", _COOK),
    "cook_male": ("Cook2019MaleReader", _COOK),
    "white": ("White_whole", _WHITE),
}
SYNAPSES = {"chemical": "Generic_CS", "electrical": "Generic_GJ"}
CELLS = Path("data/all_cell_info.csv")
# The first of these in the type of a cell says what it is; cells with none of them are no neurons.
KINDS = {
    "Pharyngeal interneuron": "pharyngeal", "Pharyngeal motor": "pharyngeal",
    "Pharyngeal polymodal": "pharyngeal", "otor neuron": "motor", "nterneuron": "inter",
    "Linker to pharynx": "inter", "ensory neuron": "sensory", "Amphid": "sensory",
    "Phasmid": "sensory", "Cephalic": "sensory", "Mechanosensory": "sensory", "ouch": "sensory",
    "Canal neuron": None,
}  # fmt: skip


@selecting
def read_celegans(
    members: Sequence[str],
    root: str | None = None,
    synapses: str = "chemical",
    without: str | None = None,
) -> Connectome:
    """The neurons of one animal, or of several joined
    (:func:`connectome.data.readers.collection.join`).

    Muscles, glia and other cells are left out. The neuron table holds ``neuron`` (the name, equal
    in all animals), ``cell_type`` (sensory, inter, motor, pharyngeal), ``cell_class`` (as listed by
    the package), ``hemisphere`` and ``pair_id`` of neurons whose names end in L and R.

    Args:
        members: names of animals, out of :data:`ANIMALS`.
        root: folder of the package; None finds where it is installed.
        synapses: ``chemical``, ``electrical`` (both ways round), or ``both``, added up.
        without: an animal to leave out, to be embedded later as one never seen.

    Raises:
        InputError: for an unknown animal, or if a file is missing or damaged.
    """
    if isinstance(members, str):
        members = [members]
    if synapses not in (*SYNAPSES, "both"):
        raise InputError(f"data.synapses={synapses}: choose chemical, electrical or both")
    for name in members:
        if name not in ANIMALS:
            raise InputError(f"data.members: no animal '{name}'; choose among {', '.join(ANIMALS)}")
    folder = _package() if root is None else user_path("data.root", root)
    kinds = (synapses,) if synapses != "both" else tuple(SYNAPSES)
    animals = {name: _animal(folder.resolve(), name, kinds) for name in members}
    return join_without("celegans", animals, without)


def _package() -> Path:
    found = find_spec("cect")
    if found is None or not found.submodule_search_locations:
        raise InputError(
            "data.root=null: the package cect is not installed; pip install --no-deps cect (only "
            "its files are read), or give data.root=FOLDER"
        )
    return Path(found.submodule_search_locations[0])


@lru_cache(maxsize=32)
def _animal(folder: Path, name: str, kinds: tuple[str, ...]) -> Connectome:
    file, citation = ANIMALS[name]
    path = folder / "cache" / f"{file}.json"
    cells = _cells(folder / CELLS)
    try:
        content = json.loads(path.read_text())
        listed = np.array(content["nodes"], dtype=str)
        matrix = np.zeros((len(listed), len(listed)))
        for kind in kinds:
            matrix += np.array(content["connections"][SYNAPSES[kind]], float)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give the folder of cect as data.root") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a dataset of cect ({error}); install it again") from error
    neurons = np.isin(listed, cells.index)
    matrix = matrix[np.ix_(neurons, neurons)]
    wired = (matrix != 0).any(axis=0) | (matrix != 0).any(axis=1)
    ids = listed[neurons][wired]
    lost = (
        ("cells", len(listed) - len(matrix), len(listed), "no neurons"),
        ("neurons", len(matrix) - len(ids), len(matrix), f"no {' or '.join(kinds)} synapse"),
    )
    pre, post = matrix[np.ix_(wired, wired)].nonzero()
    animal = assemble(
        name=name,
        ids=ids,
        pre=ids[pre],
        post=ids[post],
        synapses=matrix[np.ix_(wired, wired)][pre, post],
        neurons=_annotated(ids, cells),
        citation=citation,
        receipt=Receipt(
            name,
            (str(path),),
            layout="adjacency matrix",
            each_row=f"the {' and '.join(kinds)} synapses in a cell that is not zero",
            left_out=tuple(LeftOut(*part, expected=True) for part in lost if part[1]),
        ),
    )
    return replace(animal, own_order=True)


@lru_cache(maxsize=2)
def _cells(path: Path) -> pd.DataFrame:
    """Kind and class of every neuron, by name."""
    try:
        # A line or two have a comma too many at their end, which is none of these columns.
        table = pd.read_csv(path, usecols=["Cell name", "Type"]).set_index("Cell name")
        types = table["Type"].astype(str)
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read ({error}); give cect's folder as data.root"
        ) from error
    known = [next((k for k in KINDS if k in value), None) for value in types]
    kept = [key is not None for key in known]
    kinds = [KINDS[key] for key in known if key is not None]
    return pd.DataFrame({"cell_type": kinds, "cell_class": types[kept]}, index=table.index[kept])


def _annotated(ids: np.ndarray, cells: pd.DataFrame) -> pd.DataFrame:
    turned = {"L": "R", "R": "L"}
    other = [name[:-1] + turned.get(name[-1], "") for name in ids]
    paired = [
        mate != name[:-1] and mate in cells.index for mate, name in zip(other, ids, strict=True)
    ]
    side = [
        {"L": "left", "R": "right"}[n[-1]] if p else None for n, p in zip(ids, paired, strict=True)
    ]
    here = set(ids)
    return pd.DataFrame(
        {
            "neuron": ids,
            "cell_type": cells["cell_type"].loc[ids].to_numpy(),
            "cell_class": cells["cell_class"].loc[ids].to_numpy(),
            "hemisphere": side,
            "pair_id": [m if p and m in here else None for m, p in zip(other, paired, strict=True)],
        }
    )
