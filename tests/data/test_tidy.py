from pathlib import Path

import pandas as pd
import pytest

from connectome.data.neurons import cell_types, hemispheres
from connectome.data.neurons.tidy import tidy
from connectome.data.readers.table import read_table
from connectome.types import InputError

EDGES = "pre,post\nA,B\nB,C\n"


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "n.csv" in record.getMessage()]


def test_spaces_and_spellings_of_a_neuron_table(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "e.csv").write_text(EDGES)
    (tmp_path / "n.csv").write_text(
        "neuron_id, cell_type ,hemisphere\nA,KC ,l \nB,KC,RIGHT\nC, NA,center\nD, ,\n"
    )
    connectome = read_table(str(tmp_path / "e.csv"), str(tmp_path / "n.csv"))
    code, names = cell_types(connectome)
    assert (code.tolist(), names) == ([0, 0, -1, -1], ["KC"])
    assert hemispheres(connectome).tolist() == [0, 1, -1, -1]
    columns, kinds, spaces, sides = told(caplog)
    assert "spaces around names of columns are left out" in columns
    assert "'cell_type' of 3 neurons, such as 'KC ': spaces around it are left out" in kinds
    assert "'hemisphere' of 1 neurons, such as 'l ': spaces" in spaces
    assert "'hemisphere' of 2 neurons, such as 'l': called left and right here" in sides


def test_what_needs_no_change_is_the_same_and_nothing_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    table = pd.DataFrame(
        {
            "hemisphere": pd.Categorical(["left", "right", None]),
            "cell_type": ["KC", None, "a b"],
            "list": [[1], [" x"], None],
            "mixed": [1, True, 1.0],
            "large": [2.0**60 + 0.0, 0.5, None],
            "count": [1, 2, 3],
        }
    )
    same = tidy(Path("n.csv"), table.drop(columns="large"))
    pd.testing.assert_frame_equal(same, table.drop(columns="large"))
    assert same["mixed"].tolist()[1] is True
    assert not told(caplog)
    tidy(Path("n.csv"), table[["large"]])
    assert "floating-point numbers above 2^53, such as 1152921504606846976" in caplog.text


def test_text_of_any_type_loses_its_spaces() -> None:
    for kind in (object, "string", "category"):
        table = pd.DataFrame({"x": pd.Series(["a", " a", "", None], dtype=kind)})
        assert tidy(Path("n.csv"), table)["x"].fillna("?").tolist() == ["a", "a", "?", "?"]
    mixed = tidy(Path("n.csv"), pd.DataFrame({"x": [1, " x", True, 2.5]}, dtype=object))["x"]
    assert [*map(repr, mixed)] == ["1", "'x'", "True", "2.5"]


@pytest.mark.parametrize("word", ["unknown", "Unclassified", "?"])
def test_a_word_for_no_type_stays_a_type_and_is_said(
    word: str, caplog: pytest.LogCaptureFixture
) -> None:
    table = pd.DataFrame({"cell_type": ["KC", word, word]})
    assert tidy(Path("n.csv"), table)["cell_type"].tolist() == ["KC", word, word]
    [line] = told(caplog)
    assert f"'cell_type' of 2 neurons is {word!r}, which counts as a type; leave" in line


@pytest.mark.parametrize("column", ["cell_type", "hemisphere", "pair_id"])
def test_lists_where_one_value_is_needed_are_refused(column: str) -> None:
    table = pd.DataFrame({column: [["a", "b"], None]})
    with pytest.raises(InputError, match=rf"n.parquet: '{column}' holds lists, such as \['a'"):
        tidy(Path("n.parquet"), table)


def test_lost_digits_are_said_beside_an_infinity(caplog: pytest.LogCaptureFixture) -> None:
    tidy(Path("n.csv"), pd.DataFrame({"nucleus": [2.0**60, float("inf")]}))
    assert "above 2^53, such as 1152921504606846976" in caplog.text
