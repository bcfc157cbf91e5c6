"""Connectomes in AnnData files (Virshup et al. 2024, doi:10.21105/joss.04371)."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from connectome.data.graphs import OWN_IDS, Asked, Graph, parsed
from connectome.data.matrices.square import graph_of_matrix, one_of
from connectome.types import InputError


def read_h5ad(path: Path, asked: Asked) -> Graph:
    """The matrix of neurons by neurons in ``obsp``; ``obs`` has the annotations.

    Nothing else of the file is read. Ids are the names of observations, or the column of ``obs``
    that ``neuron_id`` names.

    Args:
        path: the file.
        asked: what one wants of it, ``key`` being the name of the matrix in ``obsp``.

    Raises:
        InputError: for a broken file, if no or several matrices are there, and without AnnData.
    """
    matrix, name, obs = parsed(path, "AnnData", lambda _: _parts(path, asked.key))
    obs = obs.rename(columns=str)
    text = obs.select_dtypes("category").columns
    obs = obs.astype(dict.fromkeys(text, object))
    names: dict[str, Any] = {"obs_names": obs.index.astype(str).tolist()}
    chosen = asked.neuron_id
    if chosen not in (None, OWN_IDS) and chosen in obs:
        names = {str(chosen): obs.pop(str(chosen)).tolist()}
    elif chosen == OWN_IDS:
        asked = Asked(asked.synapses, "obs_names", asked.listed, asked.key)
    return parsed(
        path,
        "AnnData",
        lambda _: graph_of_matrix(
            path, f"AnnData obsp '{name}'", matrix, names, asked, obs.reset_index(drop=True)
        ),
    )


def _parts(path: Path, key: str | None) -> tuple[Any, str, pd.DataFrame]:
    try:
        import h5py
        from anndata.io import read_elem
    except ImportError as error:
        raise InputError(f"{path}: needs AnnData; pip install anndata") from error
    with h5py.File(path, "r") as file:
        found = dict(file.get("obsp", {}))
        name = one_of(path, found, [k for k in file if k != "obsp"], key)
        obs = read_elem(file["obs"])
        matrix = read_elem(found[name])
    if not isinstance(matrix, np.ndarray) and not hasattr(matrix, "tocoo"):
        raise InputError(f"{path}: obsp '{name}' is no matrix; choose another with data.key=NAME")
    return matrix, name, obs
