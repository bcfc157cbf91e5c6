"""Connectomes in GraphML, and as adjacency matrices."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.fuzz.drafts import Draft, Makers, either, exact, refused, text_path
from tests.fuzz.tables import (
    Edges,
    cut_short,
    draw_edges,
    flip_bit,
    matrix_rows,
    write_graphml,
    write_text,
)

Random = np.random.Generator
graphs = Makers()


def _listed(edges: Edges) -> int:
    return len(edges.ids)


@graphs
def graphml(rng: Random, folder: Path) -> Draft:
    """Directed, with repeated edges, whose weights are added up."""
    edges = draw_edges(rng)
    path = write_graphml(folder / "edges.graphml", edges)
    return exact(path, edges.facts(listed=_listed(edges)))


@graphs
def undirected_graphml(rng: Random, folder: Path) -> Draft:
    """An edge counts both ways."""
    edges = draw_edges(rng, loops=False)
    both = Edges(edges.rows + [(b, a, c) for a, b, c in edges.rows], edges.ids)
    path = write_graphml(folder / "edges.graphml", edges, directed=False)
    return exact(path, both.facts(listed=_listed(edges)))


@graphs
def default_of_graphml(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    bare = [int(k) for k in rng.choice(len(edges.rows), 4, replace=False)]
    path = write_graphml(folder / "edges.graphml", edges, default=2.5, bare=bare)
    rows = [(a, b, 2.5 if k in bare else c) for k, (a, b, c) in enumerate(edges.rows)]
    return exact(path, Edges(rows, edges.ids).facts(listed=_listed(edges)))


@graphs
def graphml_edge_without_weight(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    return refused(write_graphml(folder / "edges.graphml", edges, bare=[1]))


@graphs
def one_undirected_edge_of_graphml(rng: Random, folder: Path) -> Draft:
    """Both ways, or refused; never one way only."""
    edges = draw_edges(rng, loops=False)
    pre, post, _ = edges.rows[0]
    extra = f'<edge source="{pre}" target="{post}" directed="false"><data key="w">3</data></edge>'
    path = write_graphml(folder / "edges.graphml", edges, extra=extra)
    rows = [*edges.rows, (pre, post, 3), (post, pre, 3)]
    return either(path, Edges(rows, edges.ids).facts(listed=_listed(edges)))


@graphs
def bad_weights_of_graphml(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    bad = ("NaN", "-1", "INF", "abc", "", "1,5")
    rows = [*edges.rows, (*edges.rows[0][:2], bad[rng.integers(len(bad))])]
    return refused(write_graphml(folder / "edges.graphml", replace(edges, rows=rows)))


@graphs
def graphml_of_text_weights(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    path = write_graphml(folder / "edges.graphml", edges, weight_type="string")
    return either(path, edges.facts(listed=_listed(edges)))


@graphs
def graphml_without_edges(rng: Random, folder: Path) -> Draft:
    return refused(write_graphml(folder / "edges.graphml", Edges([], draw_edges(rng).ids)))


@graphs
def damaged_graphml(rng: Random, folder: Path) -> Draft:
    path = write_graphml(folder / "edges.graphml", draw_edges(rng))
    if rng.random() < 0.5:
        return refused(cut_short(rng, path))
    return either(flip_bit(rng, path, 3))


@graphs
def no_graphml(rng: Random, folder: Path) -> Draft:
    path = folder / "edges.graphml"
    odd = (
        "",
        "<a/>",
        "pre,post\n1,2\n",
        "<graphml>",
        "<graphml/>",
        "{}",
        "<graphml><graph/></graphml>",
    )
    path.write_text(odd[rng.integers(len(odd))])
    return refused(path)


@graphs
def graphml_with_an_unknown_key(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    pre, post = edges.ids[:2]
    extra = f'<edge source="{pre}" target="{post}"><data key="nope">3</data></edge>'
    return either(write_graphml(folder / "edges.graphml", edges, extra=extra))


@graphs
def matrix(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    header, rows = matrix_rows(edges)
    path = write_text(text_path(rng, folder), rows, header)
    return exact(path, edges.facts(listed=_listed(edges)))


@graphs
def matrix_in_another_order(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    header, rows = matrix_rows(edges)
    rng.shuffle(rows)
    path = write_text(text_path(rng, folder), rows, header)
    return exact(path, edges.facts(listed=_listed(edges)), layout="adjacency")


@graphs
def damaged_matrix(rng: Random, folder: Path) -> Draft:
    """A cell that is no count, an id of its own, a row too few, an id twice, nothing at all."""
    header, rows = matrix_rows(draw_edges(rng))
    fault = int(rng.integers(6))
    cell = (int(rng.integers(len(rows))), int(rng.integers(1, len(rows) + 1)))
    if fault == 0:
        rows[cell[0]][cell[1]] = str(rng.choice(["-1", "x", "inf", "nan", "", "0x1"]))
    elif fault == 1:
        rows[cell[0]][0] = "another"
    elif fault == 2:
        rows.pop()
    elif fault == 3:
        rows[1][0] = rows[0][0]
    elif fault == 4:
        rows = [[row[0], *[0] * (len(row) - 1)] for row in rows]
    else:
        header[1] = header[2]
    return refused(write_text(text_path(rng, folder), rows, header))


@graphs
def rounded_ids_of_a_matrix(rng: Random, folder: Path) -> Draft:
    header, rows = matrix_rows(draw_edges(rng, ("long",)))
    rounded = [f"{float(name):.17e}" if name else name for name in header]
    rows = [[f"{float(row[0]):.17e}", *row[1:]] for row in rows]
    return refused(write_text(text_path(rng, folder), rows, rounded))


@graphs
def edge_list_as_matrix(rng: Random, folder: Path) -> Draft:
    return refused(write_text(text_path(rng, folder), draw_edges(rng).rows), layout="adjacency")


@graphs
def matrix_as_edge_list(rng: Random, folder: Path) -> Draft:
    header, rows = matrix_rows(draw_edges(rng))
    return refused(write_text(text_path(rng, folder), rows, header), layout="edges")
