"""The larval fruit-fly brain (Winding et al. 2023), from the archive of its supplement."""

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.csv

from connectome.data.neurons import SIDES, hemispheres
from connectome.data.readers.collection import join
from connectome.data.readers.display import display_of, with_display
from connectome.data.readers.selection import selecting, take_neurons
from connectome.data.tabular import assemble, fetch, file_sha256
from connectome.display import Display
from connectome.receipt import Receipt
from connectome.types import Connectome, InputError
from connectome.user_files import user_path

ARCHIVE = "Supplementary-Data-S1.zip"
SHA256 = "8c1f43809ed5d527ba61b154e377cc21da26383a75eda8aab85ce05607a72a4c"
WHOLE, BOTH, BRIDGED = "whole", "both", "bridged"
SIDES_OF = (WHOLE, *SIDES, BOTH, BRIDGED)
EDGE_TYPES = ("aa", "ad", "da", "dd")
UNPAIRED = "no pair"
UNCLUSTERED = "no cluster"
CITATION = (
    "Winding M, et al. (2023) The connectome of an insect brain. Science 379:eadd9330. "
    "doi:10.1126/science.add9330"
)


@selecting
def read_larva_brain(
    archive: str | None = None,
    mirrors: Sequence[str] = (),
    sha256: str | None = SHA256,
    side: str = WHOLE,
    display: Mapping[str, Any] | None = None,
) -> Connectome:
    """The larval brain: 2952 neurons, 110,677 directed edges, 352,611 synapses.

    Rows of the published matrices are presynaptic. Edge types name the compartments of the two
    neurons: axon to axon ``aa``, axon to dendrite ``ad``, ``da``, ``dd``. Everything is joined by
    skeleton id, since the files come in different row orders.

    The neuron table holds ``hemisphere`` (left, right), ``cell_type`` (17 types),
    ``additional_annotations``, ``cluster_level7`` (93 clusters, 0..92), ``pair_id`` (skeleton id
    of the contralateral homolog), ``axon_input``, ``dendrite_input``, ``axon_output``,
    ``dendrite_output`` (synapses, partners outside the matrix included), ``axon_io_ratio``
    (inputs per output of the axon) and ``dendrite_io_ratio`` (outputs per input of the dendrite);
    missing values are NA. The published clusters come from pair-averaged embeddings, so homologs
    share a cluster by construction.

    Args:
        archive: path of ``Supplementary-Data-S1.zip``; None downloads it once into the cache.
        mirrors: addresses to download from, tried in order.
        sha256: checksum the archive must have; None accepts any.
        side: ``whole`` (also the neurons of no known hemisphere), ``left`` or ``right`` (one
            hemisphere and the edges within it), ``both`` (the two as two brains), or ``bridged``
            (the two as one, joined by the edges across the midline).
        display: how figures look (:func:`connectome.data.readers.display.display_of`).

    Raises:
        InputError: if the archive is missing, corrupt, another version, or cannot be downloaded,
            or for an unknown side or a wrong ``display``.
    """
    if side not in SIDES_OF:
        raise InputError(f"data.side={side}: choose one of {', '.join(SIDES_OF)}")
    look = display_of(display)
    if archive is None:
        path = fetch(ARCHIVE, mirrors, sha256 or SHA256)
    else:
        path = user_path("data.archive", archive)
        if not path.is_file():
            raise InputError(f"data.archive={archive}: no such file; give the path of {ARCHIVE}")
    return _side(_read(path.resolve(), path.stat().st_mtime_ns, sha256), side, look)


@lru_cache(maxsize=8)
def _side(brain: Connectome, side: str, display: Display) -> Connectome:
    """Cached: the jobs of a sweep share the object, and what was prepared of it."""
    brain = with_display(brain, display)
    if side == WHOLE:
        return brain
    known = hemispheres(brain).numpy()
    if side == BRIDGED:
        why = f"of no known hemisphere (data.side={side})"
        return take_neurons(brain, np.flatnonzero(known >= 0), f"{brain.name}_bridged", why)
    why = f"not of this hemisphere (data.side={side})"
    hemisphere = {
        name: take_neurons(brain, np.flatnonzero(known == code), f"{brain.name}_{name}", why)
        for code, name in enumerate(SIDES)
    }
    return join(brain.name, hemisphere) if side == BOTH else hemisphere[side]


@lru_cache(maxsize=2)
def _read(path: Path, _modified: int, sha256: str | None) -> Connectome:
    """Cached by modification time: the jobs of a sweep share one parse."""
    if sha256 is not None and (found := file_sha256(path)) != sha256:
        raise InputError(
            f"{path}: sha256 is {found[:12]}..., expected {sha256[:12]}...: the file is corrupt or "
            "another version; download it again (data.sha256=null reads other versions)"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            return _parse(archive)
    except (zipfile.BadZipFile, zlib.error, KeyError, pyarrow.ArrowInvalid) as error:
        raise InputError(
            f"{path}: not the archive of Winding et al. 2023 ({error}); download {ARCHIVE} again"
        ) from error


def _parse(archive: zipfile.ZipFile) -> Connectome:
    total = _matrix(archive, "all-all")
    ids = total.index.to_numpy(dtype=np.int64)
    pre, post = total.to_numpy().nonzero()
    brain = assemble(
        name="larva_brain",
        ids=ids,
        pre=ids[pre],
        post=total.columns.to_numpy(dtype=np.int64)[post],
        synapses=total.to_numpy()[pre, post],
        neurons=_neurons(archive, ids),
        edge_types={name: _edges(_matrix(archive, name)) for name in EDGE_TYPES},
        citation=CITATION,
        receipt=Receipt(
            "larva_brain",
            (str(archive.filename),),
            layout="adjacency matrices of an archive",
            each_row="the synapses in a cell that is not zero",
        ),
    )
    return replace(brain, own_order=True)


def _member(archive: zipfile.ZipFile, file_name: str) -> bytes:
    return archive.read(f"Supplementary-Data-S1/{file_name}")


def _matrix(archive: zipfile.ZipFile, name: str) -> pd.DataFrame:
    """Square matrix of synapse counts, skeleton ids on both sides."""
    content = _member(archive, f"{name}_connectivity_matrix.csv")
    # 3000 columns: the default block of 1 MB holds few rows, larger ones parse twice as fast.
    table = pyarrow.csv.read_csv(
        io.BytesIO(content), read_options=pyarrow.csv.ReadOptions(block_size=1 << 24)
    )
    frame = table.to_pandas()
    frame = frame.set_index(frame.columns[0])
    frame.columns = frame.columns.astype(np.int64)
    if not frame.index.sort_values().equals(frame.columns.sort_values()):
        raise InputError(
            f"{archive.filename}: rows and columns of {name} name different neurons; download "
            f"{ARCHIVE} again"
        )
    return frame


def _edges(matrix: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    counts = matrix.to_numpy()
    pre, post = counts.nonzero()
    return matrix.index.to_numpy()[pre], matrix.columns.to_numpy()[post], counts[pre, post]


def _neurons(archive: zipfile.ZipFile, ids: np.ndarray) -> pd.DataFrame:
    def table(file_name: str, columns: dict[str, str]) -> pd.DataFrame:
        frame = pd.read_csv(io.BytesIO(_member(archive, file_name)), index_col=0)
        return frame.rename(columns=columns)[list(columns.values())]

    parts = [
        _annotations(archive),
        table("inputs.csv", {"axon_input": "axon_input", "dendrite_input": "dendrite_input"}),
        table("outputs.csv", {"axon_output": "axon_output", "dendrite_output": "dendrite_output"}),
        table("celltype_axonio_ratio.csv", {"axonIO_ratio": "axon_io_ratio"}),
        table(
            "celltype_dendriteioratio.csv", {"dendritic_output-input_ratio": "dendrite_io_ratio"}
        ),
    ]
    return pd.concat([part.reindex(ids) for part in parts], axis=1).reset_index(drop=True)


def _annotations(archive: zipfile.ZipFile) -> pd.DataFrame:
    """One row a neuron, from the published one row a left-right pair."""
    pairs = pd.read_csv(io.BytesIO(_member(archive, "annotations.csv")), dtype=str)
    sides = []
    for side, other in (("left", "right"), ("right", "left")):
        present = pairs[pairs[f"{side}_id"] != UNPAIRED]
        partner = present[f"{other}_id"].replace(UNPAIRED, None)
        cluster = present["level_7_cluster"].replace(UNCLUSTERED, None)
        sides.append(
            pd.DataFrame(
                {
                    "hemisphere": side,
                    "cell_type": present["celltype"],
                    "additional_annotations": present["additional_annotations"],
                    "cluster_level7": pd.to_numeric(cluster).astype("Int64"),
                    "pair_id": pd.to_numeric(partner).astype("Int64"),
                }
            ).set_index(present[f"{side}_id"].astype(np.int64))
        )
    return pd.concat(sides)
