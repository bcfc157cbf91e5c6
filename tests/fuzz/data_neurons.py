"""Neuron tables, and options of ``data=table``."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.fuzz.drafts import Draft, Makers, either, exact, refused, text_path
from tests.fuzz.tables import (
    NUMBERS,
    Edges,
    draw_edges,
    flip_bit,
    write_columns,
    write_graphml,
    write_text,
)

Random = np.random.Generator
neuron_tables = Makers()


def _listed(edges: Edges) -> int:
    return len(edges.ids)


def _with_neurons(
    rng: Random, folder: Path, edges: Edges, ids: list[Any], suffix: str = ".csv"
) -> dict[str, Any]:
    """Options that name an edge list and a neuron table of ``ids``."""
    path = write_text(text_path(rng, folder), edges.rows)
    table = folder / f"neurons{suffix}"
    kinds = ["KC" if k % 2 else "" for k in range(len(ids))]
    if suffix == ".csv":
        write_text(table, list(zip(ids, kinds, strict=True)), ("neuron_id", "cell_type"))
    else:
        write_columns(table, {"neuron_id": ids, "cell_type": kinds})
    return {"path": path, "neurons": str(table)}


@neuron_tables
def neurons_without_edges(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, NUMBERS)
    ids = [*edges.ids, 5, 6]
    suffix = str(rng.choice([".csv", ".parquet"]))
    found = _with_neurons(rng, folder, edges, ids, suffix)
    return exact(facts=edges.facts(listed=len(ids)), **found)


@neuron_tables
def neurons_that_lack_one(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    ids = [neuron for neuron in edges.ids if neuron != edges.rows[0][0]]
    facts = edges.facts(listed=len(edges.ids))
    return exact(facts=facts, **_with_neurons(rng, folder, edges, ids))


@neuron_tables
def neuron_twice_or_unnamed(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    odd = (edges.ids[0], "", "NA", "nan", "None")
    return refused(**_with_neurons(rng, folder, edges, [*edges.ids, odd[rng.integers(5)]]))


@neuron_tables
def rounded_ids_of_neurons(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng, ("long",))
    how = str(rng.choice(["{:.5e}", "{:.1f}"]))
    ids = list(dict.fromkeys(how.format(float(neuron)) for neuron in edges.ids))
    return refused(**_with_neurons(rng, folder, edges, ids))


@neuron_tables
def float_ids_of_neurons(rng: Random, folder: Path) -> Draft:
    """A gap turned the column into floats."""
    edges = draw_edges(rng, NUMBERS)
    ids = [*map(float, edges.ids), float("nan")]
    return refused(**_with_neurons(rng, folder, edges, ids, ".parquet"))


@neuron_tables
def nested_ids_of_neurons(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    ids = [[neuron] for neuron in edges.ids]
    return refused(**_with_neurons(rng, folder, edges, ids, ".parquet"))


@neuron_tables
def nested_annotations(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    path = write_text(text_path(rng, folder), edges.rows)
    table = folder / "neurons.parquet"
    odd = ([[1, 2]], [{"x": 1}], [b"x"], [None], [pd.Timestamp(0)])
    columns = {"neuron_id": edges.ids, "more": odd[rng.integers(5)] * len(edges.ids)}
    write_columns(table, columns)
    return either(path, edges.facts(listed=len(edges.ids)), neurons=str(table))


@neuron_tables
def annotations_with_gaps(rng: Random, folder: Path) -> Draft:
    """Homologs, sides in many spellings, numbers."""
    edges = draw_edges(rng)
    path = write_text(text_path(rng, folder), edges.rows)
    sides = ("left", "L", "Right", " r ", "", "NA", "top")
    rows = [
        (neuron, "" if k == 0 else edges.ids[k - 1], rng.choice(sides), k / 3)
        for k, neuron in enumerate(edges.ids)
    ]
    table = folder / "neurons.csv"
    write_text(table, rows, ("neuron_id", "pair_id", "hemisphere", "size"))
    return exact(path, edges.facts(listed=len(edges.ids)), neurons=str(table))


@neuron_tables
def columns_without_a_name(rng: Random, folder: Path) -> Draft:
    """An index that pandas wrote, or commas at the end of each line."""
    edges = draw_edges(rng)
    path = write_text(text_path(rng, folder), edges.rows)
    table, kinds = folder / "neurons.csv", ("KC", "MBON")
    rows = [(k, neuron, kinds[k % 2], "") for k, neuron in enumerate(edges.ids)]
    write_text(table, rows, ("", "neuron_id", "cell_type", ""))
    return exact(path, edges.facts(listed=len(edges.ids)), neurons=str(table))


@neuron_tables
def damaged_neuron_table(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    suffix = str(rng.choice([".csv", ".parquet"]))
    found = _with_neurons(rng, folder, edges, edges.ids, suffix)
    table = Path(found["neurons"])
    fault = int(rng.integers(4))
    if fault == 0:
        table.write_bytes(b"")
    elif fault == 1:
        table.unlink()
    elif fault == 2:
        return refused(neuron_id="root_id", **found)
    else:
        flip_bit(rng, table, 2)
        return either(**found)
    return refused(**found)


@neuron_tables
def neurons_as_graphml(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    path = write_text(text_path(rng, folder), edges.rows)
    return refused(path, neurons=str(write_graphml(folder / "neurons.graphml", edges)))


@neuron_tables
def annotation_column_twice(rng: Random, folder: Path) -> Draft:
    edges = draw_edges(rng)
    path = write_text(text_path(rng, folder), edges.rows)
    table = folder / "neurons.csv"
    write_text(table, [(neuron, 1, 2) for neuron in edges.ids], ("neuron_id", "a", "a"))
    return refused(path, neurons=str(table))


@neuron_tables
def wrong_options(rng: Random, folder: Path) -> Draft:
    path = write_text(folder / "edges.csv", draw_edges(rng).rows)
    wrong: tuple[dict[str, Any], ...] = (
        {"layout": "edge"}, {"layout": None}, {"min_synapses": -1},
        {"min_synapses": float("nan")}, {"min_synapses": "two"}, {"min_synapses": float("inf")},
        {"min_synapses": [1]}, {"min_synapses": 1e9}, {"pre": None}, {"pre": 5},
        {"synapses": 7}, {"neurons": 5}, {"neurons": ""}, {"edges": str(folder)}, {"edges": ""},
        {"edges": None}, {"edges": 5}, {"edges": [str(path)]}, {"edges": {"a": 1}},
        {"edges": str(folder / "no.csv")}, {"neuron_id": None}, {"post": ["post"]},
        {"layout": ["edges"]}, {"synapses": {"a": 1}}, {"min_synapses": True},
        {"minsynapses": 1}, {"edges": "\x00"}, {"edges": "x" * 5000 + ".csv"},
    )  # fmt: skip
    options = wrong[rng.integers(len(wrong))]
    draft = refused(path, **options)
    faults = ("no such file", "unknown format", "too long")  # the file is not ours
    return replace(draft, names=(*draft.names, *options, *faults))
