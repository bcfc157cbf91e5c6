"""Edges of files: one table says which reader a suffix has."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from connectome.data.edges.lists import (
    count_columns,
    edge_list,
    edges_of_frame,
    edges_of_graph,
    edges_of_matrix,
    hint,
    is_edge_list,
    of_edge_list,
)
from connectome.data.edges.wanted import Found, Wanted
from connectome.data.graphs import (
    Asked,
    Graph,
    read_gexf,
    read_gml,
    read_graphml,
    read_node_link,
)
from connectome.data.matrices import (
    bare_matrix,
    graph_of_matrix,
    read_h5ad,
    read_mat,
    read_mtx,
    read_npy,
    read_npz,
)
from connectome.data.tabular import (
    SEPARATORS,
    TABLES,
    WORKBOOK,
    column_names,
    file_format,
    read_frame,
    read_sheet,
    recognised,
    separator,
    sheet_notes,
)
from connectome.receipt import Receipt
from connectome.types import InputError

# Files that hold a whole connectome, in graphs and matrices. A new format is a line here.
GRAPHS: dict[str, Callable[[Path, Asked], Graph]] = {
    ".graphml": read_graphml,
    ".gexf": read_gexf,
    ".gml": read_gml,
    ".json": read_node_link,
    ".npy": read_npy,
    ".npz": read_npz,
    ".mtx": read_mtx,
    ".mat": read_mat,
    ".h5ad": read_h5ad,
}
KEYED = (".npz", ".mat", ".h5ad", WORKBOOK)  # may have several parts, of which data.key takes one
UNPACKED = (".npy", *KEYED)  # are compressed themselves


def read_edges(path: Path, wanted: Wanted) -> Found:
    """Edges of a file, the neurons that it lists if it does, and what there is to tell.

    Raises:
        InputError: for another format, and as the reader of this one.
    """
    suffix = _format(path, wanted.asked.key)
    told = Receipt(path.name.split(".")[0], (str(path),))
    if suffix in GRAPHS:
        return edges_of_graph(path, GRAPHS[suffix](path, wanted.asked), wanted, told)
    if suffix == WORKBOOK:
        sheet = read_sheet(path, wanted.asked.key)
        told = replace(told, notes=tuple(sheet_notes(sheet)))
        ids = _ends(sheet.names, wanted)
        return edges_of_frame(path, sheet.frame(ids), sheet.names, wanted, told)
    if (cells := bare_matrix(path, wanted.layout)) is not None:
        graph = graph_of_matrix(path, "matrix without header", cells, {}, wanted.asked)
        return edges_of_graph(path, graph, wanted, told)
    names = column_names(path)
    if not is_edge_list(names, wanted):
        frame = read_frame(path, ())
        if suffix not in SEPARATORS:  # an index of pandas is a column of the frame alone
            names = [str(name) for name in frame.columns]
        return edges_of_matrix(path, frame, names, wanted, told)
    header = recognised(names, wanted.columns)
    sums = edge_list(path, header.columns, "data.", wanted.rules)
    if header.synapses is None:
        told = replace(told, notes=hint(count_columns(path, header)))
    return sums, None, of_edge_list(told, header, _sign(path))


def _format(path: Path, key: str | None) -> str:
    suffix = file_format(path, (*TABLES, *GRAPHS))
    if path.suffix == ".gz" and suffix in UNPACKED:
        raise InputError(f"{path}: a {suffix} file is not read from .gz; unpack it with gunzip")
    if key is not None and suffix not in KEYED:
        raise InputError(
            f"data.key={key}: {path} has one part; leave it out ({', '.join(KEYED)} have several)"
        )
    return suffix


def _ends(names: list[str], wanted: Wanted) -> tuple[str, ...]:
    """The columns of ids, none of a matrix."""
    header = recognised(names, wanted.columns)
    return (header.pre, header.post) if is_edge_list(names, wanted) else ()


def _sign(path: Path) -> str:
    """What separates the columns, if the suffix promises something else."""
    promised = SEPARATORS.get(file_format(path))
    parted = promised is not None and separator(path) != promised
    return f", separated by {separator(path)!r}" if parted else ""
