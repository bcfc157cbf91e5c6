"""Integers of neuron tables are exact from the file on, whatever is missing and however large."""

import gzip
from itertools import pairwise
from pathlib import Path

import networkx
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from connectome.data.neurons import homologs
from connectome.data.readers import join
from connectome.data.readers.release import read_release
from connectome.data.readers.table import read_table
from connectome.data.tabular import typed
from connectome.types import Connectome, InputError

START = 720575940621039100  # neighbouring floats are 128 apart here
IDS = [START, START + 40, START + 41, START + 42, START + 43]
PAIRS = [START + 40, START, START + 42, START + 41, None]
HUGE = [2**63 + 1, None, 2**64 - 1, 5, None]
FILES = ["n.csv", "n.tsv", "n.csv.gz", "n.parquet", "n.feather"]


def edges(folder: Path) -> str:
    path = folder / "e.csv"
    rows = [f"{pre},{post}" for pre, post in pairwise(IDS)]
    path.write_text("\n".join(["pre,post", *rows, ""]))
    return str(path)


def write(path: Path, columns: dict[str, list]) -> str:
    """As text that holds what is given, or with the types that Arrow has for it."""
    suffixes = path.suffixes
    if suffixes[0] in (".parquet", ".feather"):
        kinds = {name: pa.uint64() if name == "huge" else None for name in columns}
        table = pa.table({name: pa.array(v, kinds[name]) for name, v in columns.items()})
        writer = pyarrow.parquet.write_table if suffixes[0] == ".parquet" else None
        (writer or pyarrow.feather.write_feather)(table, str(path))
        return str(path)
    rows = [[*columns], *zip(*columns.values(), strict=True)]
    separator = "\t" if suffixes[0] == ".tsv" else ","
    lines = (separator.join("" if cell is None else str(cell) for cell in row) for row in rows)
    content = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return str(path)


def values(connectome: Connectome, name: str) -> list:
    return [None if pd.isna(v) else int(v) for v in connectome.neurons[name].tolist()]


@pytest.mark.parametrize("file", FILES)
def test_integers_with_gaps_keep_every_digit(tmp_path: Path, file: str) -> None:
    columns = {"neuron_id": IDS, "pair_id": PAIRS, "huge": HUGE, "count": [1, None, 3, 4, 5]}
    connectome = read_table(edges(tmp_path), write(tmp_path / file, columns))
    assert homologs(connectome).tolist() == [1, 0, 3, 2, -1]
    assert values(connectome, "pair_id") == PAIRS
    assert values(connectome, "huge") == HUGE
    assert [type(v) for v in connectome.neurons["count"].dropna().tolist()] == [int] * 4


@pytest.mark.parametrize("file", ["n.csv", "n.tsv", "n.csv.gz"])
def test_text_without_loss_stays_as_pandas_reads_it(tmp_path: Path, file: str) -> None:
    columns = {
        "neuron_id": IDS,
        "ratio": [0.5, None, 2, 1, 1],
        "whole": [1, 2, 3, 4, 5],
        "padded": ["007", None, "012", "1", "2"],
        "beyond": [10**30, None, 1, 2, 3],
    }
    neurons = read_table(edges(tmp_path), write(tmp_path / file, columns)).neurons
    assert neurons["ratio"].dtype == float
    assert neurons["whole"].dtype == "int64"
    assert neurons["padded"].dropna().tolist() == ["007", "012", "1", "2"]
    assert [*map(str, neurons["beyond"].dropna())] == [str(10**30), "1", "2", "3"]


def test_homologs_with_leading_zeros_are_the_ids_they_name(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("pre,post\n007,008\n")
    (tmp_path / "n.csv").write_text("neuron_id,pair_id\n007,008\n008,007\n009,\n")
    connectome = read_table(str(tmp_path / "e.csv"), str(tmp_path / "n.csv"))
    assert homologs(connectome).tolist() == [1, 0, -1]


def test_graphml_integers_with_gaps(tmp_path: Path) -> None:
    graph = networkx.DiGraph()
    for neuron, pair in zip(IDS, PAIRS, strict=True):
        graph.add_node(neuron, **({} if pair is None else {"pair_id": pair}))
    graph.add_edge(IDS[0], IDS[1])
    networkx.write_graphml(graph, tmp_path / "g.graphml")
    connectome = read_table(str(tmp_path / "g.graphml"))
    assert values(connectome, "pair_id") == PAIRS
    assert homologs(connectome).tolist() == [1, 0, 3, 2, -1]


def test_a_float_column_above_2_53_is_said_and_refused_as_homologs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    floats = [None if pair is None else float(pair) for pair in PAIRS]
    neurons = write(tmp_path / "n.parquet", {"neuron_id": IDS, "pair_id": floats})
    connectome = read_table(edges(tmp_path), neurons)
    assert "'pair_id' has floating-point numbers above 2^53" in caplog.text
    with pytest.raises(InputError, match=r"'pair_id' has 7.2\d*e\+17, which a spreadsheet or"):
        homologs(connectome)


def test_joined_tables_round_nothing(tmp_path: Path) -> None:
    with_pairs = {"neuron_id": IDS, "pair_id": PAIRS, "nucleus": IDS}
    whole = write(tmp_path / "n.csv", with_pairs)
    empty = write(tmp_path / "m.csv", {"neuron_id": IDS, "pair_id": [None] * 5, "huge": HUGE})
    path = edges(tmp_path)
    one, two = read_table(path, whole), read_table(path, empty)
    both = join("both", {"a": one, "b": two})
    assert values(both, "nucleus") == [*IDS, *[None] * 5]
    assert values(both, "huge") == [*[None] * 5, *HUGE]
    assert homologs(both).tolist() == [1, 0, 3, 2, -1, *[-1] * 5]
    assert one.neurons["nucleus"].dtype == "int64"


def test_tables_of_a_release_round_nothing(tmp_path: Path) -> None:
    edges(tmp_path)
    write(tmp_path / "n.csv", {"id": IDS, "kind": [*"abcde"]})
    write(tmp_path / "more.csv", {"id": IDS[:2], "pair": PAIRS[:2]})
    connectome = read_release(
        str(tmp_path),
        "r",
        "nowhere",
        {"file": "e.csv", "pre": "pre", "post": "post"},
        [
            {"file": "n.csv", "id": "id", "columns": {"kind": "kind"}},
            {"file": "more.csv", "id": "id", "columns": {"pair": "pair_id"}},
        ],
    )
    assert values(connectome, "pair_id") == [*PAIRS[:2], None, None, None]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ([1, 2], "int64"),
        ([1, None], "Int64"),
        ([2**63, None], "UInt64"),
        ([2**63, 1], "uint64"),
        ([0.5, None], "float64"),
        ([True, None], "object"),
    ],
)
def test_types_of_columns(given: list, kind: str) -> None:
    column = typed(given)
    assert column.dtype == kind
    assert [None if pd.isna(v) else v for v in column.tolist()] == given


def test_integers_that_64_bits_cannot_hold_are_text() -> None:
    assert typed([-1, 2**63, None]).dropna().tolist() == ["-1", str(2**63)]
    assert typed([2**70]).tolist() == [str(2**70)]
