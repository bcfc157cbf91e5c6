"""Columns that tools of the field call otherwise than this package does."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from connectome.data.tabular import column_names, plain_name

# By the column of ids that tells who wrote a table: the writer, and new names of its columns.
USUAL_NAMES = {
    "root_id": ("Codex", {"side": "hemisphere", "primary_type": "cell_type"}),
    "bodyId": ("neuPrint", {"type": "cell_type"}),
}

TYPES = ("celltype", "celltypes", "type", "types", "neurontype", "primarytype")


def usual_type(columns: Iterable[str]) -> str | None:
    """The only one of ``columns`` whose name is usual for cell types, such as ``Type``."""
    found = [name for name in columns if plain_name(str(name)) in TYPES]
    return found[0] if len(found) == 1 else None


def usual_names(tables: Sequence[Path]) -> tuple[dict[str, str], str]:
    """New names of columns of neuron ``tables`` whose writer is recognised, and the writers.

    A name that one of the tables has already is left to it.

    Raises:
        InputError: if a table is not there or cannot be read.
    """
    columns = [set(column_names(table)) for table in tables]
    taken = set().union(*columns)
    found: dict[str, str] = {}
    writers = []
    for id_column, (writer, names) in USUAL_NAMES.items():
        own = set().union(*(names_of for names_of in columns if id_column in names_of))
        new = {old: name for old, name in names.items() if old in own and name not in taken}
        if new:
            found |= new
            writers.append(writer)
    return found, " and ".join(writers)
