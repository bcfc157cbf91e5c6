"""Connectomes in the formats of graph programs, numpy, scipy, MATLAB and spreadsheets."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import openpyxl
import scipy.io
import scipy.sparse

from tests.fuzz.cases import Facts
from tests.fuzz.drafts import Draft, Makers, either, exact, refused
from tests.fuzz.tables import HEADER, Edges, cut_short, draw_edges, flip_bit, matrix_rows

Random = np.random.Generator
formats = Makers()


def graph_of(edges: Edges) -> networkx.MultiDiGraph:
    """Edges that repeat are edges of their own."""
    graph = networkx.MultiDiGraph()
    graph.add_nodes_from(map(str, edges.ids))
    graph.add_edges_from((str(a), str(b), {"syn": c}) for a, b, c in edges.rows)
    return graph


def matrix_of(edges: Edges) -> np.ndarray:
    """``[N, N]`` counts."""
    _, rows = matrix_rows(edges)
    return np.array([row[1:] for row in rows], dtype=float)


def write_json(edges: Edges, path: Path) -> None:
    path.write_text(json.dumps(networkx.node_link_data(graph_of(edges))))


def write_npz(edges: Edges, path: Path) -> None:
    np.savez(path, counts=matrix_of(edges), names=np.array(list(map(str, edges.ids))))


def write_mat(edges: Edges, path: Path) -> None:
    names = np.array(list(map(str, edges.ids)), dtype=object)
    scipy.io.savemat(path, {"A": scipy.sparse.csc_array(matrix_of(edges)), "names": names})


def write_workbook(edges: Edges, path: Path) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in (HEADER, *((str(a), str(b), c) for a, b, c in edges.rows)):
        sheet.append(row)
    book.save(path)


WRITERS: dict[str, Callable[[Edges, Path], None]] = {
    ".gexf": lambda edges, path: networkx.write_gexf(graph_of(edges), path),
    ".gml": lambda edges, path: networkx.write_gml(graph_of(edges), path),
    ".json": write_json,
    ".npz": write_npz,
    ".mat": write_mat,
    ".xlsx": write_workbook,
}
STYLES = ("small", "long", "text", "padded")


def drawn(rng: Random, folder: Path) -> tuple[Path, Facts]:
    """A file in one of the formats, and what is known of it."""
    edges, suffix = draw_edges(rng, STYLES), str(rng.choice([*WRITERS]))
    path = folder / f"edges{suffix}"
    WRITERS[suffix](edges, path)
    return path, edges.facts(listed=None if suffix == ".xlsx" else len(edges.ids))


@formats
def of_another_program(rng: Random, folder: Path) -> Draft:
    path, facts = drawn(rng, folder)
    return exact(path, facts)


@formats
def cut_off(rng: Random, folder: Path) -> Draft:
    path, _ = drawn(rng, folder)
    return refused(cut_short(rng, path))


@formats
def with_flipped_bits(rng: Random, folder: Path) -> Draft:
    path, _ = drawn(rng, folder)
    return either(flip_bit(rng, path))


@formats
def named_like_each_other(rng: Random, folder: Path) -> Draft:
    path, _ = drawn(rng, folder)
    others = [suffix for suffix in (*WRITERS, ".npy", ".h5ad") if suffix != path.suffix]
    return refused(path.rename(path.with_suffix(str(rng.choice(others)))))


@formats
def numbers_alone(rng: Random, folder: Path) -> Draft:
    """Neurons are numbered."""
    edges = draw_edges(rng)
    path = folder / "edges.csv"
    np.savetxt(path, matrix_of(edges), delimiter=",")
    facts = edges.facts(listed=len(edges.ids))
    return exact(path, facts, layout=str(rng.choice(["auto", "headerless"])))
