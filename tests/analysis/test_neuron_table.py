"""One table at the end: everything of each neuron, and no digit lost in a spreadsheet program."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import torch

from connectome.analysis.neuron_table import (
    TableParts,
    neuron_table,
    save_neuron_table,
    write_excel,
)
from connectome.analysis.neuron_table import excel as excel_module
from connectome.data.readers.table import read_table
from connectome.data.tabular import assemble
from connectome.models.maps import nearest_others
from connectome.types import Connectome, InputError

BIG = 720575940621039145  # a double holds ...039104
IDS = np.array([BIG, BIG + 1, BIG + 2])
NEURONS = pd.DataFrame(
    {
        "cell_type": pd.Series(["=1+1", None, "#N/A"], dtype=object),
        "pair_id": pd.array([BIG + 1, BIG, None], dtype="Int64"),
        "cluster": [3, 4, 5],
        "confidence": [7.5, np.nan, np.inf],
        "known": pd.array([True, None, False], dtype="boolean"),
        "born": pd.to_datetime(["2020-01-02", None, "2021-03-04"]),
    }
)
TYPES = pd.DataFrame(  # of two of the neurons, in an order of its own
    {
        "neuron_id": [BIG + 2, BIG],
        "predicted": ["KC", ""],
        "confidence": [0.9, 0.0],
        "second": ["-LN", ""],
        "abstains": [False, True],
        "by": ["partner types", "partner types"],
    }
)


def brain() -> Connectome:
    return assemble("toy", IDS, IDS[:2], IDS[1:], np.ones(2), neurons=NEURONS)


def parts() -> TableParts:
    place = np.array([[0.1, 1], [2, 3], [5, 6]], dtype=np.float32)
    return TableParts(
        brain(),
        {"vgae, d = 2": place},
        {"Leiden community": np.array([0, -1, 1]), "leiden-community": np.array([2, 2, 2])},
        TYPES,
        nearest_others(place, 5).rows,
    )


def values(frame: pd.DataFrame, column: str) -> list[object]:
    return [None if pd.isna(value) else value for value in frame[column].tolist()]


def sheet(path: Path) -> list[list[tuple[object, str, str]]]:
    """Value, type and format of every cell, as openpyxl reads them."""
    page = openpyxl.load_workbook(path).active
    assert page is not None
    return [[(cell.value, cell.data_type, cell.number_format) for cell in row] for row in page]


def test_a_row_a_neuron_with_all_that_is_known() -> None:
    frame = neuron_table(parts())
    assert frame["neuron_id"].tolist() == [str(BIG), str(BIG + 1), str(BIG + 2)]
    assert values(frame, "predicted_type") == [None, None, "KC"]
    assert values(frame, "runner_up") == [None, None, "-LN"]
    assert values(frame, "confidence") == [0.0, None, 0.9]
    assert values(frame, "abstains") == [True, None, False]
    assert values(frame, "predicted_by") == ["partner types", None, "partner types"]
    assert values(frame, "cluster_leiden_community") == [0, None, 1]
    assert values(frame, "cluster_leiden_community_2") == [2, 2, 2]
    assert frame["y_vgae_d_2"].tolist() == [1, 3, 6]
    assert frame["neighbour_1"].tolist() == [str(BIG + 1), str(BIG), str(BIG + 1)]
    assert frame["neighbour_2"].tolist() == [str(BIG + 2), str(BIG + 2), str(BIG)]
    assert "neighbour_3" not in frame  # there are two others


def test_an_annotation_of_a_name_of_ours_is_renamed_and_that_is_said(tmp_path: Path) -> None:
    saved = save_neuron_table(tmp_path, parts())
    assert values(saved.table, "data_confidence") == [7.5, None, np.inf]
    told = "annotation 'confidence' is called 'data_confidence', since the table has its own"
    assert told in saved.notes
    assert "confidence" in neuron_table(TableParts(brain()))  # without ours there is no clash


def test_the_workbook_holds_ids_as_text_and_no_formula(tmp_path: Path) -> None:
    saved = save_neuron_table(tmp_path, parts())
    head, *rows = sheet(tmp_path / "neurons.xlsx")
    at = {str(value): place for place, (value, _, _) in enumerate(head)}
    assert list(at) == list(saved.table)
    ids = [row[at["neuron_id"]] for row in rows]
    assert ids == [(str(BIG + k), "s", "@") for k in range(3)]
    assert rows[0][at["pair_id"]] == (str(BIG + 1), "s", "@")  # long numbers too
    assert rows[0][at["neighbour_1"]] == (str(BIG + 1), "s", "@")
    assert [row[at["cell_type"]][:2] for row in rows] == [("=1+1", "s"), (None, "n"), ("#N/A", "s")]
    assert rows[2][at["runner_up"]][:2] == ("-LN", "s")  # no apostrophe is needed
    assert rows[0][at["cluster"]][:2] == (3, "n")
    assert rows[0][at["x_vgae_d_2"]][:2] == (0.1, "n")  # and not 0.10000000149011612
    assert rows[0][at["known"]][:2] == (True, "b")
    assert rows[2][at["data_confidence"]][:2] == ("inf", "s")
    assert rows[0][at["born"]][:2] == ("2020-01-02 00:00:00", "s")


def test_pandas_reads_both_alike(tmp_path: Path) -> None:
    save_neuron_table(tmp_path, parts())
    text = {"neuron_id": str, "pair_id": str}
    book = pd.read_excel(tmp_path / "neurons.xlsx", dtype=text, keep_default_na=False)
    comma = pd.read_csv(tmp_path / "neurons.csv", dtype=text, keep_default_na=False)
    assert list(book) == list(comma)
    for name in ("neuron_id", "pair_id", "predicted_type", "neighbour_2", "x_vgae_d_2"):
        assert book[name].astype(str).tolist() == comma[name].astype(str).tolist(), name
    assert comma["cell_type"].tolist() == ["'=1+1", "", "#N/A"]  # guarded where it must be


def test_the_table_is_a_neuron_table_again(tmp_path: Path) -> None:
    save_neuron_table(tmp_path, parts())
    edges = pd.DataFrame({"pre": IDS[:2], "post": IDS[1:], "synapses": [1, 2]})
    edges.to_csv(tmp_path / "edges.csv", index=False)
    again = read_table(str(tmp_path / "edges.csv"), neurons=str(tmp_path / "neurons.csv"))
    assert again.neuron_ids.tolist() == IDS.tolist()
    assert values(again.neurons, "cell_type")[:2] == ["=1+1", None]
    assert values(again.neurons, "pair_id") == [BIG + 1, BIG, None]


def test_what_a_workbook_cannot_hold_is_changed_and_said(tmp_path: Path) -> None:
    bell, long, wide = "a\x07b\ufffe\ud800", "x" * 40_000, "\U0001f41b" * 20_000
    texts = pd.Series(["fine\n", bell, long, wide, "<&>"], dtype=object)
    table = pd.DataFrame({"note": texts, "k\x00": range(5)})
    notes = write_excel(tmp_path / "t.xlsx", table)
    head, *rows = sheet(tmp_path / "t.xlsx")
    assert [value for value, _, _ in head] == ["note", "k"]
    found = [str(row[0][0]) for row in rows]
    assert found[0] == "fine\n"
    assert found[1] == "ab"
    assert found[2] == "x" * 32_767
    assert found[3] == "\U0001f41b" * 16_383  # each counts twice
    assert found[4] == "<&>"
    assert notes == [
        f"{tmp_path / 't.xlsx'}: column 'note': 2 texts cut to 32,767 characters",
        f"{tmp_path / 't.xlsx'}: column 'note': 1 texts without their control characters",
    ]


def test_more_rows_than_a_sheet_has_leave_the_csv_file_and_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_neuron_table(tmp_path, parts())
    monkeypatch.setattr(excel_module, "MOST_ROWS", 2)
    saved = save_neuron_table(tmp_path, parts())
    assert [path.name for path in saved.files] == ["neurons.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["neurons.csv"]  # no older workbook
    assert saved.notes[-1].startswith(f"not written: {tmp_path / 'neurons.xlsx'}: 3 rows and ")
    assert saved.notes[-1].endswith("use the CSV file or Parquet")
    with pytest.raises(InputError, match="more than a sheet holds"):
        write_excel(tmp_path / "more.xlsx", saved.table)


def test_one_neuron_and_none() -> None:
    ids = np.array(["a"])
    one = assemble("one", ids, ids, ids, np.ones(1))
    nobody = nearest_others(np.zeros((1, 2)), 5).rows
    assert list(neuron_table(TableParts(one, neighbours=nobody))) == ["neuron_id"]
    bare = replace(one, edge_index=torch.empty(2, 0, dtype=torch.int64), synapses=torch.empty(0))
    assert len(neuron_table(TableParts(bare))) == 1
