"""Embeddings of run folders, written by the command as a user runs it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest
import torch
from omegaconf import OmegaConf

from connectome.analysis.latent import factors_of, flat, flat_map
from connectome.cli.jobs.export import export_all, read_words
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.runs import load_scorer, save_json, save_scorer
from connectome.scores import Embedding, NeighbourScore
from connectome.types import Connectome, InputError
from tests.conftest import random_connectome
from tests.programs import run_program

Make = Callable[..., Path]
MUSHROOM = {"_target_": "connectome.data.readers.mushroom_body.read_mushroom_body", "side": "right"}


@pytest.fixture
def make_run(tmp_path: Path, mushroom: Connectome) -> Make:
    """A folder such as train.py leaves, with random factors."""

    def make(name: str, data: dict[str, Any] | None = None, **fields: Any) -> Path:
        path = tmp_path / "runs" / name
        n = mushroom.num_neurons
        factors = np.random.default_rng(len(name)).normal(size=(n, 2)).astype(np.float32)
        known = {
            "method": "gae",
            "neuron_ids": mushroom.neuron_ids,
            "data_fingerprint": mushroom.fingerprint,
        }
        if fields.get("rule"):
            scorer: Any = NeighbourScore(
                neuron_ids=mushroom.neuron_ids,
                edge_index=mushroom.edge_index,
                directed=True,
                **fields,
            )
        else:
            tensor = torch.from_numpy(factors)
            scorer = Embedding(**(known | fields), source=tensor, target=tensor)
        save_scorer(path / "embedding.npz", scorer)
        OmegaConf.save({"data": data or MUSHROOM}, path / "config.yaml")
        metrics = {"method": scorer.method, "test/auc": 0.9, "test/ap": 0.8, "seconds": 1.0}
        metrics |= {"test/links": 40, "test/negatives": 40, "test/tied": 0.0}
        save_json(path / "metrics.json", metrics)
        split = {"seed": 0, "protocol": "orbit", "directed": False}
        identity = {"latent_dim": 2, "seed": 0, "split": split, "test": True}
        save_json(path / "status.json", {"state": "complete", "identity": identity})
        return path

    return make


def test_every_run_and_format(make_run: Make, tmp_path: Path) -> None:
    make_run("a/first")
    make_run("b/first")  # the same name twice
    left_out = make_run("b/l3", rule="l3")
    export = ("-m", "connectome", "export", "runs=runs", "out=new", "format=parquet,npz,h5ad")
    done = run_program(*export, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    expected = [f"new/{k}/first.{f}" for k in "ab" for f in ("parquet", "npz", "h5ad")]
    assert done.stdout.splitlines() == expected
    assert f"left out: {left_out.relative_to(tmp_path)}: l3 has no factors" in done.stderr
    found = sorted(p for p in (tmp_path / "new").rglob("*") if p.is_file())
    assert found == sorted(tmp_path / name for name in expected)
    frame = pd.read_parquet(tmp_path / "new/b/first.parquet")
    embedding = load_scorer(tmp_path / "runs/b/first/embedding.npz")
    assert isinstance(embedding, Embedding)
    np.testing.assert_array_equal(frame[["source_0", "source_1"]], embedding.source)
    types = read_mushroom_body("right").neurons["cell_type"].tolist()
    assert frame["cell_type"].tolist() == types
    assert anndata.read_h5ad(tmp_path / "new/a/first.h5ad").obs["cell_type"].tolist() == types


def test_a_single_run_keeps_its_name(make_run: Make, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run("gae-d02")
    export_all(*read_words([f"runs={run}"]))
    assert capsys.readouterr().out.strip() == str(run / "export" / "gae-d02.parquet")


def test_viewers_draw_the_map_that_lies_beside_the_run(
    make_run: Make, mushroom: Connectome, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, n = make_run("wide"), mushroom.num_neurons
    wide = torch.from_numpy(np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32))
    scorer = Embedding("gae", mushroom.neuron_ids, wide, wide)
    save_scorer(run / "embedding.npz", scorer)
    monkeypatch.setattr(flat, "umap_map", lambda factors, *_: factors[:, 2:].astype("f4"))
    flat_map(factors_of(scorer), "4 factors", folder=run)
    export_all(*read_words([f"runs={run}", "format=atlas"]))
    table = pd.read_parquet(run / "export" / "wide.atlas.parquet")
    np.testing.assert_array_equal(table[["x", "y"]], wide[:, 2:])


def test_other_data_is_refused_and_the_rest_exported(
    make_run: Make, capsys: pytest.CaptureFixture[str], mushroom: Connectome
) -> None:
    good = make_run("good")
    make_run("other", data_fingerprint="0123456789abcdef")
    folder = good.parent
    with pytest.raises(InputError, match="1 of 2 runs could not be exported"):
        export_all(*read_words([f"runs={folder}", "format=npz"]))
    printed = capsys.readouterr()
    assert printed.out.split() == [str(folder / "export" / "good.npz")]
    assert f"fingerprint 0123456789abcdef, {mushroom.name} has" in printed.err
    with pytest.raises(InputError, match="2 of 2 runs"):
        export_all(*read_words([f"runs={folder}", "+data.side=left"]))
    assert "other neurons than those of mushroom_body_left" in capsys.readouterr().err


def test_data_that_moved(make_run: Make, tmp_path: Path, tiny: Connectome) -> None:
    text = "pre,post\n" + "".join(f"{a},{b}\n" for a, b in tiny.neuron_ids[tiny.edge_index.T])
    (tmp_path / "here.csv").write_text(text)
    table = {
        "_target_": "connectome.data.readers.table.read_table",
        "edges": str(tmp_path / "gone.csv"),
    }
    run = make_run("moved", table)
    with pytest.raises(InputError, match="1 of 1 runs could not"):
        export_all(*read_words([f"runs={run}"]))
    options = read_words([f"runs={run}", f"data.edges={tmp_path / 'here.csv'}", "format=npz"])
    assert options[1:] == (run / "export", ["npz"], {"edges": str(tmp_path / "here.csv")}, ())
    ids = np.unique(random_connectome(0).neuron_ids)
    factors = torch.from_numpy(np.zeros((len(ids), 1), dtype=np.float32))
    save_scorer(run / "embedding.npz", Embedding("gae", ids, factors, factors))
    export_all(*options)
    with np.load(run / "export" / "moved.npz", allow_pickle=False) as file:
        assert file["neuron_ids"].tolist() == ids.tolist()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["runs=x", "format=parquet,ods"], "format=ods: unknown format 'ods'"),
        (["format=npz"], "runs: has no default"),
        (["runs=x", "model=gae"], "model=gae: export takes runs, out, format, trust and data.KEY"),
        (["runs=x", "out="], "out=: export takes"),
        (["runs"], "runs: export takes"),
    ],
)
def test_wrong_words(words: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_words(words)


def test_nothing_to_export(make_run: Make, tmp_path: Path) -> None:
    run = make_run("l3", rule="l3")
    with pytest.raises(InputError, match="no complete run of a method with factors"):
        export_all(*read_words([f"runs={run}"]))
    with pytest.raises(InputError, match="no such folder"):
        export_all(*read_words([f"runs={tmp_path / 'nowhere'}"]))


@pytest.mark.parametrize(
    ("text", "message"), [("data: [", "not valid YAML"), ("seed: 1", "says nothing of the data")]
)
def test_damaged_config(
    make_run: Make, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    run = make_run("gae")
    (run / "config.yaml").write_text(text)
    with pytest.raises(InputError, match="could not be exported"):
        export_all(*read_words([f"runs={run}"]))
    assert message in capsys.readouterr().err
