"""Text that a spreadsheet would run is guarded in every CSV, and comes back as it was."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectome.analysis.generation import write_brain, write_neurons
from connectome.data.readers.table import read_table
from connectome.data.tabular import assemble, csv_text
from connectome.data.tabular.spreadsheets import guard, unguard, without_guards
from connectome.runs import load_table, save_table
from connectome.runs.schema import Column

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("-LN", "'-LN"),
        ("+x", "'+x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("-1+1", "'-1+1"),
        ("-", "'-"),
        ("'=1+1", "''=1+1"),
        ("''-LN", "'''-LN"),
        ("-1.5e-7", "-1.5e-7"),
        ("+12", "+12"),
        ("KC", "KC"),
        ("it's", "it's"),
        ("'quoted'", "'quoted'"),
        ("", ""),
    ],
)
def test_guards(text: str, written: str) -> None:
    assert guard(text) == written
    assert unguard(written) == text
    [read] = without_guards(pa.record_batch([pa.array([written])], ["x"]))[0].to_pylist()
    assert read == text


@given(st.text(st.sampled_from("'=+-@\t\r1.eK "), max_size=6))
def test_what_is_guarded_comes_back(text: str) -> None:
    assert unguard(guard(text)) == text
    [read] = without_guards(pa.record_batch([pa.array([guard(text)])], ["x"]))[0].to_pylist()
    assert read == text


def test_tables_for_people_are_guarded_and_read_back(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "type": ["=1+1", None, "KC"],
            "kind": pd.Categorical(["-LN", "a", None]),
            "change": [-0.5, -1.0, 2.0],
            "rank": [-1, 2, 3],
            "-mixed": pd.Series([-3, "+x", None], dtype=object),
        }
    )
    save_table(tmp_path / "t.csv", table)
    assert (tmp_path / "t.csv").read_text() == (
        "type,kind,change,rank,'-mixed\n'=1+1,'-LN,-0.5,-1,-3\n,a,-1,2,'+x\nKC,,2,3,\n"
    )
    read = load_table(tmp_path / "t.csv", {"type": Column("text")})
    assert read.columns.tolist() == table.columns.tolist()
    assert read["type"].dropna().tolist() == ["=1+1", "KC"]
    assert read["kind"].dropna().tolist() == ["-LN", "a"]
    assert read["change"].tolist() == [-0.5, -1, 2]
    assert csv_text(table[["rank"]]) == "rank\n-1\n2\n3\n"
    assert table["type"][0] == "=1+1"  # its owner's is as it was


def test_brains_come_back_with_their_names(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ids = np.array(["-LN", "=1+1", "'@x", "KC"])
    neurons = pd.DataFrame({"pair_id": ["=1+1", "-LN", None, None], "level": [-1, -2, 3, 4]})
    brain = assemble("brain", ids, ids[:3], ids[1:], np.ones(3), neurons=neurons)
    path = write_brain(tmp_path / "b.csv", brain, brain.edge_index.numpy(), brain.synapses.numpy())
    table = write_neurons(tmp_path / "neurons.csv", brain)
    assert path.read_text().split("\n")[1] == "'-LN,'=1+1,1"
    read = read_table(str(path), str(table), synapses="synapses")
    assert read.neuron_ids.tolist() == ids.tolist()
    assert read.fingerprint == brain.fingerprint
    assert read.neurons["pair_id"].tolist()[:2] == ["=1+1", "-LN"]
    assert read.neurons["level"].tolist() == [-1, -2, 3, 4]
    for file in (path, table):
        assert f"{file}: text with an apostrophe before = + - @" in caplog.text
    assert caplog.text.count("apostrophe") == 2


def test_no_table_is_written_past_the_guard() -> None:
    own = ("connectome/data/tabular/spreadsheets.py", "connectome/data/assets/regenerate.py")
    files = [*ROOT.glob("*.py"), *ROOT.glob("connectome/**/*.py"), *ROOT.glob("benchmarks/**/*.py")]
    assert len(files) > 100
    past = [
        str(path.relative_to(ROOT))
        for path in files
        if ".to_csv(" in path.read_text() or "csv.writer" in path.read_text()
    ]
    assert sorted(past) == sorted(own)
