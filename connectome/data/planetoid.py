"""Citation graphs of the Planetoid benchmark, to check our models against published numbers."""

import numpy as np
import pandas as pd
import torch
from torch_geometric.io import read_planetoid_data

from connectome.data.assemble import assemble
from connectome.data.files import user_path
from connectome.receipt import Receipt
from connectome.types import Connectome, InputError

DATASETS = ("cora", "citeseer", "pubmed")
PARTS = ("x", "tx", "allx", "y", "ty", "ally", "graph", "test.index")
CITATION = (
    "Yang Z, Cohen WW, Salakhutdinov R (2016) Revisiting semi-supervised learning with graph "
    "embeddings. ICML. arXiv:1603.08861"
)


def read_planetoid(root: str, dataset: str = "cora", features: bool = True) -> Connectome:
    """A citation graph in place of a connectome: papers as neurons, citations both ways as edges.

    Args:
        root: folder with the raw files ``ind.{dataset}.*``, which are pickles: use trusted ones.
        dataset: ``cora``, ``citeseer`` or ``pubmed``.
        features: whether to hand the bag-of-words features to the models; each row sums to 1.

    Raises:
        InputError: for an unknown data set or a missing or unreadable file.
    """
    if dataset not in DATASETS:
        raise InputError(f"data.dataset={dataset}: choose one of {', '.join(DATASETS)}")
    folder = user_path("data.root", root)
    for part in PARTS:
        if not (folder / f"ind.{dataset}.{part}").is_file():
            raise InputError(f"{folder}/ind.{dataset}.{part}: no such file; check data.root")
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
