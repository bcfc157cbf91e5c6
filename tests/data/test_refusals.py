"""Every refusal of data names its remedy; damaged files and odd columns take one clear line."""

import ast
import re
from pathlib import Path

import networkx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

import connectome.data
from connectome.data.readers.table import read_table
from connectome.types import InputError
from tests.data.test_release import codex, read
from tests.data.test_table import MATRIX, write

FOLDER = Path(connectome.data.__file__).parent
ERRORS = {"InputError", "NotApplicableError"}
# A remedy is a clause of its own, or the choices that there are.
REMEDY = re.compile(r";|\b(choose|give|name|must|use)\b")


def refusals() -> list[tuple[str, str]]:
    """Place and fixed words of every message; of messages that are passed on, nothing is fixed."""
    found = []
    for path in [*sorted(FOLDER.rglob("*.py")), FOLDER.parent / "types.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS:
                words = [
                    part.value
                    for given in node.args
                    for part in ast.walk(given)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
                if re.search(r"\w", text := "".join(words)):
                    found.append((f"{path.name}:{node.lineno}", text))
    return found


def test_every_refusal_of_data_names_a_remedy() -> None:
    found = refusals()
    assert len(found) > 80  # else the walk has lost them
    without = [f"{place}: {text}" for place, text in found if not REMEDY.search(text)]
    assert not without, "\n".join(without)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"synapses": "pre"}, r"data\.synapses=pre: data\.pre is that column too; name another"),
        ({"post": "pre"}, r"data\.post=pre: data\.pre is that column too; name another one"),
        ({"synapses": "post"}, r"data\.synapses=post: data\.post is that column too"),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_column_has_one_role(
    tmp_path: Path, options: dict[str, str], message: str, suffix: str
) -> None:
    path = tmp_path / f"e.{suffix}"
    frame = pd.DataFrame({"pre": [1, 2], "post": [2, 3], "n": [1, 1]})
    frame.to_parquet(path) if suffix == "parquet" else frame.to_csv(path, index=False)
    with pytest.raises(InputError, match=message):
        read_table(str(path), **options)  # type: ignore[arg-type]


def test_a_column_of_a_release_has_one_role(tmp_path: Path) -> None:
    codex(tmp_path)
    with pytest.raises(InputError, match=r"data\.edges\.synapses=pre_root_id: data\.edges\.pre is"):
        read("flywire", tmp_path, "data.edges.synapses=pre_root_id")
    tables = "[{file: neurons.csv.gz, id: root_id, columns: {root_id: name, nt_type: nt_type}}]"
    with pytest.raises(InputError, match=r"id=root_id: .*name is that column too"):
        read("flywire", tmp_path, f"data.tables={tables}")
    twice = "[{file: neurons.csv.gz, id: root_id, columns: {group: nt, nt_type: nt}}]"
    with pytest.raises(InputError, match=r"columns: two are called 'nt'; name each once"):
        read("flywire", tmp_path, f"data.tables={twice}")
    odd = "[{file: neurons.csv.gz, id: root_id, repeats: keep}]"
    with pytest.raises(InputError, match="repeats: keep; choose one of refuse, drop"):
        read("flywire", tmp_path, f"data.tables={odd}")


def test_the_header_of_a_matrix_is_told_as_it_stands_in_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "m.csv", "x,y,z\n1,2,3\n")
    with pytest.raises(InputError, match=r"only x, y, z; set data\.pre=COLUMN"):
        read_table(path)
    with pytest.raises(InputError, match=r"cell that is no number, 'q'; write counts only"):
        read_table(write(tmp_path, "q.csv", MATRIX.replace("4", "q")))


def intact(path: Path) -> None:
    """300 rows in the format that the suffix tells."""
    rng = np.random.default_rng(0)
    pre, post = rng.integers(1, 40, (2, 300))
    frame = pd.DataFrame({"pre": pre, "post": post, "n": rng.integers(1, 9, 300)})
    if path.suffix == ".graphml":
        networkx.write_graphml(networkx.DiGraph(zip(pre, post, strict=True)), path)
    elif path.suffix == ".parquet":
        pyarrow.parquet.write_table(pa.table(frame), path, write_page_checksum=True)
    elif path.suffix == ".feather":
        frame.to_feather(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if ".tsv" in path.name else ",")


@pytest.mark.parametrize(
    ("suffix", "told"),
    [("csv.gz", 55), ("tsv.gz", 55), ("parquet", 30), ("feather", 20), ("graphml", 20), ("csv", 0)],
)
def test_damaged_files_take_one_line_or_are_read(tmp_path: Path, suffix: str, told: int) -> None:
    path = tmp_path / f"e.{suffix}"
    intact(path)
    whole, rng, refused = path.read_bytes(), np.random.default_rng(1), []
    for case in range(60):
        damaged, at = bytearray(whole), int(rng.integers(len(whole)))
        if case % 3:
            damaged[at] ^= 1 << int(rng.integers(8))
        else:
            del damaged[at:]
        path.write_bytes(damaged)
        try:
            read_table(str(path), synapses=None if suffix == "graphml" else "n")
        except InputError as error:  # and nothing else
            refused.append(str(error))
    assert all(str(path) in line and ";" in line for line in refused)
    if suffix != "graphml":
        assert not any("\n" in line for line in refused)
    assert len(refused) >= told


def test_a_home_folder_that_does_not_exist_is_told() -> None:
    with pytest.raises(InputError, match=r"data\.edges=~nobody-here/e\.csv: no home folder"):
        read_table("~nobody-here/e.csv")
