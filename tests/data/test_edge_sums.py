"""Many small batches give what one large one gives."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from connectome.data.readers.table import read_table
from connectome.data.tabular import batches, edge_sums
from connectome.types import InputError


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 7)
    monkeypatch.setattr(batches, "TEXT_BLOCK", 200)
    monkeypatch.setattr(edge_sums, "_FEWEST", 11)


def table(text: bool, rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    pre, post = rng.integers(0, 12, (2, rows))
    ids = np.array([f"n{k}, é" for k in range(12)]) if text else 2**60 + np.arange(12)
    note = rng.choice(["", "a\nb", "c"], rows)  # line breaks within cells
    return pd.DataFrame(
        {"pre": ids[pre], "note": note, "post": ids[post], "n": rng.integers(0, 5, rows)}
    )


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("suffix", ["csv", "tsv", "csv.gz", "parquet", "feather"])
@pytest.mark.parametrize("text", [True, False])
def test_sums_over_batches(tmp_path: Path, suffix: str, text: bool) -> None:
    frame, path = table(text), tmp_path / f"e.{suffix}"
    if suffix in ("parquet", "feather"):
        getattr(frame, f"to_{suffix}")(path)
    else:
        frame.to_csv(path, sep="\t" if suffix == "tsv" else ",", index=False)
    found = read_table(str(path), synapses="n", min_synapses=4)
    sums = frame.groupby(["pre", "post"])["n"].sum()
    expected = sums[sums >= 4]
    ids = found.neuron_ids[found.edge_index.numpy()]
    assert list(zip(*ids.tolist(), strict=True)) == list(expected.index)
    assert found.synapses.tolist() == expected.tolist()


@pytest.mark.usefixtures("small_batches")
def test_a_fault_in_a_later_batch_is_found_at_its_row(tmp_path: Path) -> None:
    frame, path = table(text=False), tmp_path / "e.csv"
    frame = frame.astype({"post": str})
    frame.loc[300, "post"] = ""
    frame.to_csv(path, index=False)
    with pytest.raises(InputError, match="row 301 has no id in column 'post'"):
        read_table(str(path), synapses="n")
    frame.astype({"n": object}).assign(post="1").replace({"n": {3: "three"}}).to_csv(path)
    with pytest.raises(InputError, match="'three' are not numbers"):
        read_table(str(path), synapses="n")


def test_a_row_of_another_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("pre,post,n\nA,B,1\nA,C\n")
    with pytest.raises(InputError, match=r"cannot be read as csv .*Expected 3 columns, got 2"):
        read_table(str(path), synapses="n")
