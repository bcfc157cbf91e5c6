"""What other programs read is what was embedded, to the last digit."""

import sys
from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import torch

from connectome.analysis.explorer import Category, make_explorer
from connectome.analysis.export import export, to_frame
from connectome.analysis.generation import write_neurons
from connectome.analysis.latent import LatentSpace
from connectome.data.readers.table import read_table
from connectome.data.tabular import assemble
from connectome.scores import Embedding
from connectome.types import Connectome, InputError

BIG = 2**60 + 1  # a float would round it
NEURONS = pd.DataFrame(
    {
        "cell_type": pd.Series(["KC", None, "MBON"], dtype=object),
        "cluster": pd.array([BIG, None, 0], dtype="Int64"),
        "pair_id": pd.Series([BIG + 1, None, BIG], dtype=object),  # as a GraphML file gives it
        "known": pd.array([True, None, False], dtype="boolean"),
        "ratio": [0.1, np.nan, 3.0],
        "side": pd.Categorical(["left", "right", None]),
        "mixed": pd.Series([1, "two", None], dtype=object),
        "half": pd.Series([0.5, None, 2.0], dtype=object),
        "huge": pd.Series([2**70, None, 1], dtype=object),
        "born": pd.to_datetime(["2020-01-02", None, "2021-03-04"]),
        "nothing": pd.Series([None, None, None], dtype=object),
        "count": np.array([1, 2, 3], dtype=np.int32),
    }
)
TEXT = {
    "cell_type": ["KC", None, "MBON"],
    "side": ["left", "right", None],
    "mixed": ["1", "two", None],
    "huge": [str(2**70), None, "1"],
    "nothing": [None, None, None],
}
INTEGERS = {
    "cluster": [BIG, None, 0],
    "pair_id": [BIG + 1, None, BIG],
    "count": [1, 2, 3],
}


def connectome(ids: list[int] | list[str]) -> Connectome:
    array = np.array(ids)
    return assemble(
        "toy", array, array[:2], array[1:], np.ones(2), neurons=NEURONS, citation="Somebody 2020"
    )


@pytest.fixture(params=["numbers", "names"])
def data(request: pytest.FixtureRequest) -> Connectome:
    return connectome([BIG + 2, 7, BIG] if request.param == "numbers" else ["007", "ß-1", "x y"])


def embedding(data: Connectome, sides: int = 2) -> Embedding:
    generator = torch.Generator().manual_seed(0)
    source, target = torch.randn(2, 3, 2, generator=generator)
    return Embedding(
        method="vgae",
        neuron_ids=data.neuron_ids,
        source=source,
        target=target if sides == 2 else source,
        source_bias=torch.tensor([1.0, 2.0, 3.0]),
        target_bias=torch.tensor([4.0, 5.0, 6.0]),
        scale=2.0,
        offset=-1.0,
        log_std=torch.randn(3, 2 * sides, generator=generator),
        data_fingerprint=data.fingerprint,
    )


def without_missing(column: pd.Series) -> list[object]:
    return [None if pd.isna(value) else value for value in column.tolist()]


def check_table(frame: pd.DataFrame, what: Embedding) -> None:
    """Ids, annotations and factors of :func:`to_frame`."""
    assert frame["neuron_id"].tolist() == what.neuron_ids.tolist()
    for name, values in (TEXT | INTEGERS).items():
        assert without_missing(frame[name]) == values, name
    assert without_missing(frame["known"]) == [True, None, False]
    np.testing.assert_array_equal(frame["ratio"], [0.1, np.nan, 3.0])
    assert without_missing(frame["half"]) == [0.5, None, 2.0]
    assert frame["born"].dt.year.tolist()[::2] == [2020, 2021]
    for name, tensor in (("source", what.source), ("target", what.target)):
        np.testing.assert_array_equal(frame[[f"{name}_0", f"{name}_1"]], tensor)
    deviations = [f"{side}_log_std_{k}" for side in ("source", "target") for k in (0, 1)]
    np.testing.assert_array_equal(frame[deviations], what.log_std)
    assert frame["target_bias"].tolist() == [4, 5, 6]
    assert frame["source_0"].dtype == np.float32


def test_frame_holds_everything(data: Connectome) -> None:
    frame = to_frame(embedding(data), data)
    check_table(frame, embedding(data))
    assert frame.attrs == {
        "method": "vgae",
        "score": "inner_product",
        "scale": 2.0,
        "offset": -1.0,
        "data_fingerprint": data.fingerprint,
        "data": "toy",
        "citation": "Somebody 2020",
    }


def test_sides_that_are_the_same_are_written_once(data: Connectome) -> None:
    plain = replace(embedding(data, sides=1), source_bias=None, target_bias=None, log_std=None)
    assert to_frame(plain).columns.tolist() == ["neuron_id", "source_0", "source_1"]
    deviating = to_frame(embedding(data, sides=1)).columns.tolist()
    assert deviating[-2:] == ["source_log_std_0", "source_log_std_1"]
    assert not [name for name in deviating if name.startswith("target_") and name[-1].isdigit()]


def test_link_scores_can_be_computed_from_the_table(data: Connectome) -> None:
    what = embedding(data)
    frame = to_frame(what)
    logits = frame.attrs["scale"] * (
        frame[["source_0", "source_1"]].to_numpy() @ frame[["target_0", "target_1"]].to_numpy().T
    )
    logits += frame.attrs["offset"]
    logits += frame["source_bias"].to_numpy()[:, None] + frame["target_bias"].to_numpy()
    np.testing.assert_allclose(logits, what.score_rows(torch.arange(3)), rtol=1e-6)


def test_parquet_round_trip(data: Connectome, tmp_path: Path) -> None:
    path = export(embedding(data), data, tmp_path / "new" / "e.parquet")
    frame = pd.read_parquet(path)
    check_table(frame, embedding(data))
    written = to_frame(embedding(data), data)
    assert frame.attrs == written.attrs
    assert frame.dtypes.drop("born").tolist() == written.dtypes.drop("born").tolist()


def test_npz_round_trip(data: Connectome, tmp_path: Path) -> None:
    what = embedding(data)
    path = export(what, data, str(tmp_path / "e.npz"))
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    np.testing.assert_array_equal(arrays["neuron_ids"], data.neuron_ids)
    for name in ("source", "target", "source_bias", "target_bias"):
        np.testing.assert_array_equal(arrays[name], getattr(what, name))
    np.testing.assert_array_equal(
        np.hstack([arrays["source_log_std"], arrays["target_log_std"]]), what.log_std
    )
    for name, values in (TEXT | INTEGERS).items():
        missing = arrays.get(f"missing/{name}", np.zeros(3, dtype=bool))
        assert missing.tolist() == [value is None for value in values]
        empty = 0 if name in INTEGERS else ""
        expected = [empty if value is None else value for value in values]
        assert arrays[f"annotation/{name}"].tolist() == expected
    assert arrays["annotation/known"].tolist() == [True, False, False]
    assert arrays["missing/known"].tolist() == [False, True, False]
    np.testing.assert_array_equal(arrays["annotation/ratio"], [0.1, np.nan, 3.0])
    np.testing.assert_array_equal(arrays["annotation/half"], [0.5, np.nan, 2.0])
    assert arrays["annotation/born"][0].startswith("2020-01-02")
    assert (arrays["method"].item(), arrays["scale"].item()) == ("vgae", 2.0)
    assert arrays["citation"].item() == "Somebody 2020"


def test_anndata_round_trip(data: Connectome, tmp_path: Path) -> None:
    what = embedding(data)
    read = anndata.read_h5ad(export(what, data, tmp_path / "e.h5ad"))
    assert read.obs_names.tolist() == [str(neuron_id) for neuron_id in data.neuron_ids]
    if data.neuron_ids.dtype.kind == "i":
        assert read.obs["neuron_id"].tolist() == data.neuron_ids.tolist()
    np.testing.assert_array_equal(read.X, torch.cat([what.source, what.target], dim=1))
    assert read.var_names.tolist() == ["source_0", "source_1", "target_0", "target_1"]
    np.testing.assert_array_equal(read.obsm["source"], what.source)
    np.testing.assert_array_equal(read.obsm["target"], what.target)
    assert what.log_std is not None
    np.testing.assert_array_equal(read.obsm["target_log_std"], what.log_std[:, 2:])
    for name, values in (TEXT | INTEGERS).items():
        assert without_missing(read.obs[name]) == values, name
    assert without_missing(read.obs["known"]) == [True, None, False]
    np.testing.assert_array_equal(read.obs["ratio"], [0.1, np.nan, 3.0])
    np.testing.assert_array_equal(read.obs["half"], [0.5, np.nan, 2.0])
    assert read.obs["source_bias"].tolist() == [1, 2, 3]
    assert read.uns == to_frame(what, data).attrs


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet", "npz", "h5ad", "graphml"])
def test_equal_inputs_give_equal_files(data: Connectome, tmp_path: Path, suffix: str) -> None:
    first, second = (
        export(embedding(data), data, tmp_path / f"{k}.{suffix}").read_bytes() for k in (1, 2)
    )
    assert first == second
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"1.{suffix}", f"2.{suffix}"]


@pytest.mark.parametrize("suffix", ["parquet", "npz", "h5ad"])
def test_without_annotations(data: Connectome, tmp_path: Path, suffix: str) -> None:
    path = export(embedding(data), None, tmp_path / f"e.{suffix}")
    if suffix == "h5ad":
        assert set(anndata.read_h5ad(path).obs) <= {"neuron_id", "source_bias", "target_bias"}
    elif suffix == "parquet":
        assert pd.read_parquet(path).columns.tolist() == to_frame(embedding(data)).columns.tolist()
    else:
        with np.load(path, allow_pickle=False) as file:
            assert not [name for name in file if "/" in name]


def test_a_failed_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = connectome([1, 2, 3])
    path = export(embedding(data), data, tmp_path / "e.parquet")
    before = path.read_bytes()

    def full_disk(frame: pd.DataFrame, path: Path, **options: object) -> None:
        path.write_text("half a file")
        raise OSError("no space left")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full_disk)
    with pytest.raises(OSError, match="no space left"):
        export(embedding(data), data, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["left/right", "_index"])
def test_names_that_anndata_does_not_take(tmp_path: Path, name: str) -> None:
    odd = replace(connectome([1, 2, 3]), neurons=pd.DataFrame({name: [1, 2, 3]}))
    with pytest.raises(InputError, match=f"AnnData takes no annotation called '{name}'"):
        export(embedding(odd), odd, tmp_path / "e.h5ad")
    assert not list(tmp_path.iterdir())


def test_other_data_is_refused(tmp_path: Path) -> None:
    data = connectome([1, 2, 3])
    what = replace(embedding(data), data_fingerprint="0123456789abcdef")
    with pytest.raises(InputError, match=r"made from other data \(fingerprint 0123456789abcdef"):
        export(what, data, tmp_path / "e.npz")
    with pytest.raises(InputError, match="made from other neurons than those of toy"):
        to_frame(what, connectome([1, 3, 2]))
    assert not list(tmp_path.iterdir())


def test_names_that_clash_are_refused() -> None:
    data = connectome([1, 2, 3])
    clash = replace(data, neurons=pd.DataFrame({"source_0": [1, 2, 3]}))
    with pytest.raises(InputError, match="column 'source_0' of its own"):
        to_frame(embedding(data), clash)
    twice = pd.DataFrame([[1, 2]] * 3, columns=["a", "a"])
    with pytest.raises(InputError, match="column 'a' occurs twice"):
        to_frame(embedding(data), replace(data, neurons=twice))


def test_unknown_format_and_missing_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = connectome([1, 2, 3])
    with pytest.raises(
        InputError, match="unknown format 'tsv'; choose one of csv, xlsx, parquet, npz"
    ):
        export(embedding(data), data, tmp_path / "e.tsv")
    monkeypatch.setitem(sys.modules, "anndata", None)
    with pytest.raises(InputError, match="pip install anndata"):
        export(embedding(data), data, tmp_path / "e.h5ad")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["csv", "parquet", "feather"])
def test_integers_with_gaps_are_exact_from_file_to_file(tmp_path: Path, suffix: str) -> None:
    ids = [720575940621039100 + k for k in range(4)]
    pairs = pd.array([ids[1], ids[0], None, None], "Int64")
    huge = pd.array([2**64 - 1, None, 2**63 + 1, 7], "UInt64")
    table = pd.DataFrame({"neuron_id": ids, "pair_id": pairs, "huge": huge})
    writer = {"csv": pd.DataFrame.to_csv, "parquet": pd.DataFrame.to_parquet}
    writer.get(suffix, pd.DataFrame.to_feather)(
        table, tmp_path / f"n.{suffix}", **({} if suffix == "feather" else {"index": False})
    )
    pd.DataFrame({"pre": ids[:3], "post": ids[1:]}).to_csv(tmp_path / "e.csv", index=False)
    data = read_table(str(tmp_path / "e.csv"), str(tmp_path / f"n.{suffix}"))
    factors = torch.eye(4, 2)
    what = Embedding("m", data.neuron_ids, factors, factors, data_fingerprint=data.fingerprint)
    space = LatentSpace("m", 2, (what,), held_out=True)
    wanted = [ids[1], ids[0], None, None], [2**64 - 1, None, 2**63 + 1, 7]

    parquet = pd.read_parquet(export(what, data, tmp_path / "o.parquet"))
    obs = anndata.read_h5ad(export(what, data, tmp_path / "o.h5ad")).obs
    brain = pd.read_csv(write_neurons(tmp_path / "o.csv", data), dtype=str)
    page = make_explorer(data, [space], None, {}, None, {}, {})
    for name, values in zip(("pair_id", "huge"), wanted, strict=True):
        for frame in (parquet, obs, brain):
            found = [None if v is None else int(v) for v in without_missing(frame[name])]  # type: ignore[call-overload]
            assert found == values, (name, type(frame))
    [partner] = page.blocks
    assert partner.values.tolist() == [1, 0, -1, -1]
    [shown] = [colour for colour in page.colours if colour.name == "huge"]
    assert isinstance(shown, Category)
    labels = [shown.labels[code] if code >= 0 else None for code in shown.codes]
    assert labels == [None if v is None else str(v) for v in wanted[1]]
