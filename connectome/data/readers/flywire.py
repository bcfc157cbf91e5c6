"""Hemispheres of the adult fly brain (FlyWire), each from two local Parquet files."""

from dataclasses import replace
from functools import lru_cache

from connectome.data.readers.display import displayed
from connectome.data.readers.selection import selecting
from connectome.data.readers.table import read_table
from connectome.data.tabular import REFUSE
from connectome.types import Connectome
from connectome.user_files import user_path

CONNECTIONS, NEURONS = "connections.parquet", "neurons.parquet"
CITATION = (
    "Dorkenwald S, et al. (2024) Neuronal wiring diagram of an adult brain. Nature 634:124-138. "
    "doi:10.1038/s41586-024-07558-y; Schlegel P, et al. (2024) Whole-brain annotation and "
    "multi-connectome cell typing of Drosophila. Nature 634:139-152. "
    "doi:10.1038/s41586-024-07686-5"
)


@displayed
@selecting
@lru_cache(maxsize=2)
def read_flywire_right(root: str, missing_ids: str = REFUSE) -> Connectome:
    """66,658 neurons of release v783 and their 1.23 M connections of five synapses or more.

    The neuron table holds among others ``super_class``, ``cell_type``, ``visual_type``,
    ``hemilineage`` and ``nt_type`` (predicted transmitter). ``cell_type`` and ``visual_type`` come
    from two sources that often disagree: use one at a time. Ids exceed 2^53. There are no homologs:
    the other hemisphere is not included.

    Args:
        root: folder with ``connections.parquet`` (pre_root_id, post_root_id, syn_count) and
            ``neurons.parquet`` (root_id and annotations).
        missing_ids: what becomes of rows without an id: ``refuse`` or ``drop``.

    Raises:
        InputError: if a file is missing, corrupt or of another layout.
    """
    return _read("flywire_right", root, missing_ids)


@displayed
@selecting
@lru_cache(maxsize=2)
def read_flywire_left_central(root: str, missing_ids: str = REFUSE) -> Connectome:
    """27,760 neurons of the left half without its optic lobe, of the same release and threshold.

    Its columns are those of :func:`read_flywire_right`, and no neuron is in both.

    Args:
        root: folder with ``connections.parquet`` and ``neurons.parquet``, laid out likewise.
        missing_ids: what becomes of rows without an id: ``refuse`` or ``drop``.

    Raises:
        InputError: if a file is missing, corrupt or of another layout.
    """
    return _read("flywire_left_central", root, missing_ids)


def _read(name: str, root: str, missing_ids: str) -> Connectome:
    folder = user_path("data.root", root)
    connectome = read_table(
        edges=str(folder / CONNECTIONS),
        neurons=str(folder / NEURONS),
        layout="edges",
        pre="pre_root_id",
        post="post_root_id",
        synapses="syn_count",
        neuron_id="root_id",
        missing_ids=missing_ids,
    )
    told = connectome.receipt
    receipt = None if told is None else replace(told, name=name)
    return replace(connectome, name=name, citation=CITATION, receipt=receipt, own_order=True)
