"""The nerve cord of a female fly (FANC): synapses and cells as its CAVE exports them.

Columns as the first rows of the files in github.com/sagrawal/Lee_2024/synapse_tables have them:
connections ``pre_pt_root_id, post_pt_root_id`` and others, a row a synapse; annotations
``pt_root_id, cell_type, classification_system`` and others, a row a label, so that a neuron may
have several.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from connectome.data.readers.display import displayed
from connectome.data.readers.release import each_row
from connectome.data.readers.selection import selecting
from connectome.data.readers.table import read_table
from connectome.data.tabular import REFUSE, column_names, read_frame, require_column
from connectome.receipt import many
from connectome.types import Connectome, InputError
from connectome.user_files import user_path

ID, LABELS = "pt_root_id", ("cell_type", "classification_system")
SOURCE = "https://github.com/sagrawal/Lee_2024 (synapse_tables), or export them from FANC's CAVE"
CITATION = (
    "Lee S-YJ, et al. (2024) Divergent neural circuits for proprioceptive and exteroceptive "
    "sensing of the Drosophila leg. bioRxiv. doi:10.1101/2024.04.23.590808; Azevedo A, et al. "
    "(2024) Connectomic reconstruction of a female Drosophila ventral nerve cord. Nature "
    "631:360-368. doi:10.1038/s41586-024-07389-x"
)


@displayed
@selecting
def read_fanc(
    root: str,
    connections: str = "feco_downstream_connections.csv",
    annotations: str = "*annotation_table.csv",
    min_synapses: float = 4,
    no_neuron: Sequence[int | str] | None = (0,),
    missing_ids: str = REFUSE,
) -> Connectome:
    """Neurons that have synapses in one table, with what others say of them.

    Args:
        root: folder with the files.
        connections: table of synapses; any format of :func:`connectome.data.edges.read_edges`.
        annotations: pattern of the names of tables of labels; all that fit are read.
        min_synapses: pairs with fewer synapses are dropped; 4 as in the notebooks of Lee et al.
        no_neuron: ids that stand for no neuron; 0 is 'no segment' in CAVE.
        missing_ids: what becomes of rows without an id: ``refuse`` or ``drop``.

    Raises:
        InputError: if a file is missing, corrupt or of another layout.
    """
    folder = user_path("data.root", root)
    path, tables = folder / connections, sorted(folder.glob(annotations))
    for wanted, there in ((path, path.is_file()), (folder / annotations, bool(tables))):
        if not there:
            raise InputError(f"{wanted}: no such file; get it from {SOURCE} (data of fanc)")
    labels, notes = _labels(tables)
    brain = read_table(
        edges=str(path),
        neurons=labels,
        layout="edges",
        pre="pre_pt_root_id",
        post="post_pt_root_id",
        synapses=None,
        neuron_id=ID,
        min_synapses=min_synapses,
        missing_ids=missing_ids,
        no_neuron=no_neuron,
    )
    told = brain.receipt
    receipt = told and replace(
        told,
        name="fanc",
        source=tuple(map(str, (path, *tables))),
        each_row=each_row(None, min_synapses),
        notes=(*told.notes, *notes),
    )
    return replace(brain, name="fanc", citation=CITATION, receipt=receipt)


def _labels(tables: Sequence[Path]) -> tuple[pd.DataFrame, list[str]]:
    """A row a neuron with its labels, empty where there are several; and how often that is."""
    rows = []
    for path in tables:
        for column in (ID, *LABELS):
            require_column(path, column_names(path), column, "export the table from CAVE again")
        rows.append(read_frame(path, (ID,))[[ID, *LABELS]].astype("string"))
    long = pd.concat(rows, ignore_index=True)
    groups = long.groupby(ID, sort=False, dropna=False)[[*LABELS]]  # no id is refused later
    several = groups.nunique() > 1
    notes = [
        f"{many(int(several[label].sum()), 'neuron')} with several values of '{label}', left empty"
        for label in LABELS
        if several[label].any()
    ]
    return groups.first().mask(several).reset_index(), notes
