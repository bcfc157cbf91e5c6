"""Ids are those of the file, or refused: none is rounded, made up or lost without a word."""

import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from connectome.data.readers.table import read_table
from connectome.data.tabular import refuse_rounded
from connectome.data.tabular.ids import MISSING_IDS
from connectome.types import InputError
from tests.data.test_table import edges_of, write

A, B = 720575940621048192, 720575940621048193  # one double


def parquet(folder: Path, **columns: object) -> str:
    path = folder / "e.parquet"
    pyarrow.parquet.write_table(pa.table(columns), path)
    return str(path)


@pytest.mark.parametrize(
    "rounded",
    ["7.20576e+17", "7.205759406001125e+17", f"{A}.0", "7E17", "5.0", "-1.5", "7,20576E+17"],
)
@pytest.mark.parametrize("place", ["pre", "post", "neurons", "parquet", "matrix", "graphml"])
def test_rounded_ids_are_refused_wherever_they_stand(
    tmp_path: Path, rounded: str, place: str
) -> None:
    neurons = None
    cell = f'"{rounded}"'
    if place == "pre":
        path = write(tmp_path, "e.csv", f"pre,post\n1,2\n{cell},2\n")
    elif place == "post":
        path = write(tmp_path, "e.tsv", f"pre\tpost\nA\t2\nA\t{cell}\n")
    elif place == "neurons":
        path = write(tmp_path, "e.csv", "pre,post\n1,2\n")
        neurons = write(tmp_path, "n.csv", f"neuron_id,kind\n1,x\n2,x\n{cell},y\n")
    elif place == "parquet":
        path = parquet(tmp_path, pre=pa.array(["1", rounded]).dictionary_encode(), post=["2", "2"])
    elif place == "matrix":
        path = write(tmp_path, "m.csv", f",1,{cell}\n1,0,1\n{cell},1,0\n")
    else:
        path = write(
            tmp_path,
            "g.graphml",
            '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="directed">'
            f'<node id="1"/><node id="{rounded}"/><edge source="1" target="{rounded}"/>'
            "</graph></graphml>",
        )
    named = Path(neurons or path).name
    with pytest.raises(InputError) as error:
        read_table(path, neurons)
    assert named in str(error.value)
    assert f"the id {rounded} in" in str(error.value)
    assert "spreadsheets and floating-point columns" in str(error.value)
    assert "export the ids anew as integers or text" in str(error.value)


def test_a_header_that_rounding_made_repeat_is_told_as_rounded(tmp_path: Path) -> None:
    path = write(tmp_path, "m.csv", ",7.2e17,7.2e17\n7.2e17,0,1\n7.2e17,1,0\n")
    with pytest.raises(InputError, match=r"the id 7\.2e17 in the header is no plain integer"):
        read_table(path)


def test_names_may_look_like_numbers_beside_other_names(tmp_path: Path) -> None:
    path = write(tmp_path, "e.csv", "pre,post\n1e5,AVAL\nAVAL,1e5\n")
    assert set(read_table(path).neuron_ids) == {"1e5", "AVAL"}


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize(("step", "cause"), [(128, "floating-point"), (1000, "spreadsheet")])
def test_integers_that_were_rounded_once_are_refused(text: bool, step: int, cause: str) -> None:
    ids = A + 977 * np.arange(20)
    rounded = ids // step * step
    column = pa.array(rounded.astype(str) if text else rounded)
    refuse_rounded(Path("e.csv"), "column 'pre'", pa.array(ids))  # these are exact
    refuse_rounded(Path("e.csv"), "column 'pre'", column[:6])  # six may end so by chance
    with pytest.raises(InputError, match=rf"multiples of {step}, so a {cause}.* has rounded them"):
        refuse_rounded(Path("e.csv"), "column 'pre'", column)


@pytest.mark.parametrize(
    ("kind", "bits"), [(pa.float64(), 53), (pa.float32(), 24), (pa.float16(), 11)]
)
def test_floats_are_ids_only_where_they_are_exact(
    tmp_path: Path, kind: pa.DataType, bits: int
) -> None:
    fits, large = (
        parquet(tmp_path / name, pre=pa.array(np.array([top, 2.0])).cast(kind), post=[2, 3])
        for name, top in (("a", 2.0**bits - 1), ("b", 2.0**bits))
        if not (tmp_path / name).mkdir()
    )
    assert 2**bits - 1 in read_table(fits).neuron_ids
    with pytest.raises(InputError, match=rf"exact below 2\^{bits} only; store the ids as integers"):
        read_table(large)


@pytest.mark.parametrize("word", [*MISSING_IDS, "NA", "NaN", "None", "NULL", " ", "<NA>", "N/A"])
@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_missing_ids_are_refused_dropped_or_kept(tmp_path: Path, word: str, suffix: str) -> None:
    path = tmp_path / f"e.{suffix}"
    frame = pd.DataFrame({"pre": ["A", word, "B"], "post": ["B", "A", word], "n": [3, 4, 5]})
    if suffix == "parquet":
        frame.to_parquet(path)
    else:
        text = frame.to_csv(index=False).encode()
        path.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    with pytest.raises(InputError, match=r"row 2 has no id in column 'pre'.*missing_ids=drop"):
        read_table(str(path), synapses="n")
    dropped = read_table(str(path), synapses="n", missing_ids="drop")
    assert edges_of(dropped) == {("A", "B"): 3}
    assert dropped.receipt is not None
    assert [(part.what, part.number, part.of) for part in dropped.receipt.left_out] == [
        ("rows", 2, 3)
    ]
    if word.strip():
        kept = read_table(str(path), synapses="n", missing_ids="keep")
        assert edges_of(kept) == {("A", "B"): 3, (word, "A"): 4, ("B", word): 5}
    else:
        with pytest.raises(InputError, match="row 2 has no id"):
            read_table(str(path), synapses="n", missing_ids="keep")


def test_a_null_costs_the_other_ids_of_a_parquet_column_no_digit(tmp_path: Path) -> None:
    path = parquet(tmp_path, pre=[A, None, B], post=[B, A, A])
    found = read_table(path, missing_ids="drop")
    assert found.neuron_ids.tolist() == [A, B]
    table = tmp_path / "n.parquet"
    pyarrow.parquet.write_table(pa.table({"neuron_id": [B, None, A]}), table)
    with pytest.raises(InputError, match=r"n\.parquet: row 2 has no id in column 'neuron_id'"):
        read_table(path, str(table), missing_ids="keep")
    listed = read_table(path, str(table), missing_ids="drop")
    assert listed.neuron_ids.tolist() == [B, A]


def test_missing_ids_of_neuron_tables_and_matrices(tmp_path: Path) -> None:
    edges = write(tmp_path, "e.csv", "pre,post\nA,B\n")
    neurons = write(tmp_path, "n.csv", "neuron_id,kind\nA,x\nNA,y\nB,z\n")
    with pytest.raises(InputError, match=r"n\.csv: row 2 has no id in column 'neuron_id', but 'N"):
        read_table(edges, neurons)
    assert read_table(edges, neurons, missing_ids="drop").neurons["kind"].tolist() == ["x", "z"]
    assert read_table(edges, neurons, missing_ids="keep").neuron_ids.tolist() == ["A", "NA", "B"]
    matrix = write(tmp_path, "m.csv", ",A,B,\nA,0,1,2\nB,1,2,q\n,3,3,3\n")
    with pytest.raises(InputError, match="row 3 has no id in the first column"):
        read_table(matrix)
    left = read_table(matrix, missing_ids="drop")
    assert edges_of(left) == {("A", "B"): 1, ("B", "A"): 1, ("B", "B"): 2}
    assert left.receipt is not None
    assert left.receipt.left_out[0].amount == "1 of 3 neurons"


def test_the_id_0_is_told_and_left_out_on_request(tmp_path: Path) -> None:
    path = write(tmp_path, "e.csv", f"pre,post,n\n0,{A},3\n{A},{B},4\n{B},0,5\n0,0,1\n")
    told = read_table(path, synapses="n")
    assert told.neuron_ids.tolist() == [0, A, B]
    assert told.receipt is not None
    assert told.receipt.zero_ids == 3
    assert "3 rows of a neuron with the id 0, kept" in told.receipt.line()
    without = read_table(path, synapses="n", no_neuron=[0])
    assert edges_of(without) == {(str(A), str(B)): 4}
    assert without.receipt is not None
    assert without.receipt.zero_ids == 0
    assert without.receipt.left_out[0].amount == "3 of 4 rows"
    named = write(tmp_path, "t.csv", "pre,post\n0,A\nA,B\n")
    assert set(read_table(named, no_neuron=["0"]).neuron_ids) == {"A", "B"}


@pytest.mark.parametrize(
    ("ids", "kind"),
    [
        ([[1], [2, 3]], "list<"),
        ([{"a": 1}, {"a": 2}], "struct<"),
        ([True, False], "bool"),
        (pd.to_datetime(["2020", "2021"]), "timestamp"),
    ],
)
def test_ids_that_are_no_ids_are_refused_by_type(tmp_path: Path, ids: object, kind: str) -> None:
    with pytest.raises(InputError, match=f"column 'pre' are of type {kind}.*integers or text"):
        read_table(parquet(tmp_path, pre=ids, post=[1, 2]))
    edges = write(tmp_path, "e.csv", "pre,post\nA,B\n")
    table = tmp_path / "n.parquet"
    pyarrow.parquet.write_table(pa.table({"neuron_id": ids}), table)
    with pytest.raises(InputError, match=f"column 'neuron_id' are of type {kind}"):
        read_table(edges, str(table))


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([b"7", b"8"]),
        pa.array([7, 8], pa.decimal128(20, 0)),
        pa.array([7, 8], pa.uint8()),
        pa.array(["7", "8"], pa.large_string()).dictionary_encode(),
    ],
)
def test_ids_of_every_other_type_are_exact(tmp_path: Path, ids: pa.Array) -> None:
    assert read_table(parquet(tmp_path, pre=ids, post=[8, 9])).neuron_ids.tolist() == [7, 8, 9]


def test_options_of_ids_are_checked(tmp_path: Path) -> None:
    path = write(tmp_path, "e.csv", "pre,post\nA,B\n")
    with pytest.raises(InputError, match=r"missing_ids=skip: choose one of refuse, drop, keep"):
        read_table(path, missing_ids="skip")
    with pytest.raises(InputError, match=r"data\.no_neuron=0: give a list, data.no_neuron=\[0\]"):
        read_table(path, no_neuron=0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"data\.no_neuron=B: give a list"):
        read_table(path, no_neuron="B")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("A ", "A"),
        (" A", "A"),
        ("1\u00a0", "1"),
        ("A\u200b", "A"),
        ("A\x00B", "AB"),
        ("A\tB", "AB"),
    ],
)
@pytest.mark.parametrize("place", ["edges", "neurons", "header"])
def test_ids_that_look_alike_are_refused(tmp_path: Path, text: str, seen: str, place: str) -> None:
    edges, neurons = parquet(tmp_path, pre=["A", "1"], post=["1", "AB"]), None
    if place == "edges":
        edges = parquet(tmp_path, pre=["A", "1"], post=["1", text])
    elif place == "neurons":
        neurons = str(tmp_path / "n.parquet")
        pyarrow.parquet.write_table(pa.table({"neuron_id": ["A", "1", text]}), neurons)
    else:
        edges = str(tmp_path / "m.parquet")
        pyarrow.parquet.write_table(pa.table({"id": ["Q", text], "Q": [0, 1], text: [1, 0]}), edges)
    with pytest.raises(InputError) as error:
        read_table(edges, neurons)
    assert f"the id {text!a} in" in str(error.value)
    assert f"another neuron than {seen!a}" in str(error.value)


@pytest.mark.parametrize("number", ["+1", "1,234", "720575940621048192,0"])
def test_numbers_written_in_two_ways_are_refused(tmp_path: Path, number: str) -> None:
    path = write(tmp_path, "e.tsv", f"pre\tpost\n1\t2\n1234\t{number}\n")
    with pytest.raises(InputError, match=re.escape(f"the id {number} in")):
        read_table(path)


@pytest.mark.parametrize("word", ["#REF!", "########", r"\N", "NaT", "nil", "-", "#DIV/0!"])
def test_what_a_program_writes_for_nothing_is_no_neuron(tmp_path: Path, word: str) -> None:
    path = write(tmp_path, "e.csv", f"pre,post\nA,B\nA,{word}\nB,{word}\n")
    with pytest.raises(
        InputError, match=re.escape(f"row 2 has no id in column 'post', but '{word}'")
    ):
        read_table(path)
    assert read_table(path, missing_ids="drop").num_edges == 1
    assert read_table(path, missing_ids="keep").num_edges == 3


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = parquet(tmp_path, pre=pa.array([b"\xff", b"a"]), post=["b", "c"])
    with pytest.raises(InputError, match="column 'pre' are of type binary, and no text in UTF-8"):
        read_table(path)
