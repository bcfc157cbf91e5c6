"""Citation graphs of the Planetoid benchmark, to check our models against published numbers."""

import pickle
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.sparse import csr_matrix
from torch_geometric.io import read_planetoid_data

from connectome.data.readers.selection import selecting
from connectome.data.tabular import assemble
from connectome.receipt import Receipt
from connectome.types import Connectome, InputError
from connectome.user_files import user_path

DATASETS = ("cora", "citeseer", "pubmed")
PARTS = ("x", "tx", "allx", "y", "ty", "ally", "graph", "test.index")
CITATION = (
    "Yang Z, Cohen WW, Salakhutdinov R (2016) Revisiting semi-supervised learning with graph "
    "embeddings. ICML. arXiv:1603.08861"
)


@selecting
def read_planetoid(root: str, dataset: str = "cora", features: bool = True) -> Connectome:
    """A citation graph in place of a connectome: papers as neurons, citations both ways as edges.

    Args:
        root: folder with the raw files ``ind.{dataset}.*``. They are pickles, of which only arrays,
            sparse matrices and dictionaries are made.
        dataset: ``cora``, ``citeseer`` or ``pubmed``.
        features: whether to hand the bag-of-words features to the models; each row sums to 1.

    Raises:
        InputError: for an unknown data set, a missing or unreadable file, or a pickle that would
            make or call anything else.
    """
    if dataset not in DATASETS:
        raise InputError(f"data.dataset={dataset}: choose one of {', '.join(DATASETS)}")
    folder = user_path("data.root", root)
    for part in PARTS:
        if not (folder / f"ind.{dataset}.{part}").is_file():
            raise InputError(f"{folder}/ind.{dataset}.{part}: no such file; check data.root")
    for part in PARTS[:-1]:
        _require_plain(folder / f"ind.{dataset}.{part}")
    try:
        data = read_planetoid_data(str(folder), dataset)
    except Exception as error:  # a damaged pickle raises anything
        raise InputError(
            f"{folder}: the files of {dataset} cannot be read ({error}); fetch them again"
        ) from error
    words = data.x / data.x.sum(dim=1, keepdim=True).clamp(min=1)
    ids = np.arange(data.num_nodes)
    pre, post = data.edge_index.numpy()
    return assemble(
        name=dataset,
        ids=ids,
        pre=pre,
        post=post,
        synapses=np.ones(len(pre)),
        neurons=pd.DataFrame({"topic": data.y.numpy()}),
        features=words.to(torch.float32) if features else None,
        citation=CITATION,
        receipt=Receipt(
            dataset,
            (f"{folder}/ind.{dataset}.*",),
            layout="citation graph, both ways",
            each_row="1 citation",
        ),
    )


# Modules of numpy and scipy have moved since these files were written; names have not.
_PLAIN: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("scipy", "csr_matrix"): csr_matrix,
    ("collections", "defaultdict"): defaultdict,
    ("__builtin__", "list"): list,
    ("builtins", "list"): list,
}


class _PlainUnpickler(pickle.Unpickler):
    """Makes arrays, sparse matrices and dictionaries; imports and calls nothing that it reads."""

    def find_class(self, module: str, name: str) -> Any:
        found = _PLAIN.get((module.partition(".")[0], name))
        if found is None:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return found


def _require_plain(path: Path) -> None:
    """Load it once so that what loads it for good meets no other class.

    Raises:
        InputError: naming the file and what it would make or call.
    """
    try:
        with path.open("rb") as file:
            _PlainUnpickler(file, encoding="latin1").load()
    except Exception as error:  # a damaged pickle raises anything
        raise InputError(
            f"{path}: cannot be read as arrays, matrices and dictionaries ({error}); fetch the "
            "file again from the publication"
        ) from error
