"""``evaluate.py report=true`` as a user runs it."""

import shutil
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.leaderboard.to_wandb import _for_wandb
from tests.programs import ROOT, run_program

MAP = ("-m", "experiment=latent_map", "logger=none", "trainer.max_epochs=2", "seed=0,1")
PROBE = ("look.clusters.permutations=5", "look.cell_types.seeds=1")
LOOK = ("source=embedding", "report=true", *PROBE)


def mine(folder: Path) -> tuple[str, ...]:
    """An edge list with names as ids and no annotations at all."""
    source = pd.read_csv(ROOT / "connectome" / "data" / "assets" / "mushroom_body.csv")
    source.rename(columns={"pre": "from", "post": "to"}).to_csv(folder / "mine.csv", index=False)
    return ("data=table", "data.edges=mine.csv", "data.pre=from", "data.post=to", "name=mine")


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("report")
    trained = run_program("train.py", *MAP, cwd=folder)
    assert trained.returncode == 0, trained.stderr
    runs = "runs=outputs/latent_map_mushroom_body"
    done = run_program("evaluate.py", runs, *LOOK, "wandb=offline", cwd=folder)
    return folder / "outputs" / "latent_map_mushroom_body" / "evaluation", done


def test_report_answers_what_the_data_allow(reported: tuple[Path, CompletedProcess[str]]) -> None:
    folder, done = reported
    assert done.returncode == 0, done.stderr
    assert "left out: homologs: mushroom_body_right: the neuron table has no column" in done.stderr
    names = {path.name for path in folder.iterdir()}
    tables = ("cell_types", "cell_type_recall", "neighbour_types", "clusters", "stability")
    assert {f"{name}.csv" for name in tables} <= names
    assert {"map_types.png", "map_types.svg", "confusion.png", "explorer.html"} <= names
    assert "map_clusters.png" not in names  # the mushroom body has no published clusters


def test_report_of_a_whole_graph_claims_no_test(
    reported: tuple[Path, CompletedProcess[str]],
) -> None:
    folder, _ = reported
    assert (folder / "fit.csv").is_file()
    assert not (folder / "summary.csv").exists()
    assert set(pd.read_csv(folder / "evaluation.csv")["part"]) == {"train"}


def test_report_goes_to_wandb_with_its_page(
    reported: tuple[Path, CompletedProcess[str]],
) -> None:
    folder, _ = reported
    [run] = (folder / "wandb").glob("offline-run-*")
    media = {path.suffix for path in run.rglob("media/*/*") if path.is_file()}
    assert {".html", ".png", ".json"} <= media


def test_own_edge_list_gives_map_clusters_and_page(tmp_path: Path) -> None:
    trained = run_program("train.py", *MAP, *mine(tmp_path), cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    done = run_program("evaluate.py", "runs=outputs/mine", *LOOK, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "outputs" / "mine" / "evaluation"
    assert (folder / "map_controls.png").is_file()
    assert (folder / "explorer.html").is_file()
    clusters = pd.read_csv(folder / "clusters.csv")
    assert len(clusters) == 422
    assert clusters["neuron_id"].str.startswith(("L-", "R-")).all()
    assert clusters["Leiden community"].nunique() > 1
    assert "left out: cell_types" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("look.questions=[maps,colours]",), "look.questions=colours: choose among maps"),
        (("look.questions=maps",), "look.questions=maps: give a list such as '[maps,explorer]'"),
        (("look.questions=[]",), "look.questions=[]: give a list"),
        (("look.type_column=nosuch",), "has no such column, only hemisphere, cell_type"),
        (("look.cell_types.seeds=0",), "look.cell_types.seeds=0: must be at least 1"),
        (("look.cell_types.seed=1",), "look.cell_types.seed"),
        (("look.cell_types=5",), "look.cell_types"),
        (("+look.nope=1",), "look.nope: unknown option"),
        (("wandb=on",), "wandb=on: choose one of none, offline, online"),
        (("+data.side=left",), "another data set"),
    ],
)
def test_bad_input_gets_one_line(
    reported: tuple[Path, CompletedProcess[str]], arguments: tuple[str, ...], message: str
) -> None:
    folder, _ = reported
    runs = f"runs={folder.parent}"
    done = run_program("evaluate.py", runs, *LOOK[:2], *arguments, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("error:") == 1


def test_runs_of_two_data_sets_are_refused_before_anything_is_written(
    reported: tuple[Path, CompletedProcess[str]], tmp_path: Path
) -> None:
    folder, _ = reported
    one = next(path.parent for path in folder.parent.rglob("embedding.npz"))
    shutil.copytree(one, tmp_path / "both" / "a")
    shutil.copytree(one, tmp_path / "both" / "b")
    arrays = dict(np.load(one / "embedding.npz"))
    arrays["data_fingerprint"] = np.array("0123456789abcdef")
    np.savez(tmp_path / "both" / "b" / "embedding.npz", **arrays)
    done = run_program("evaluate.py", "runs=both", *LOOK, cwd=tmp_path)
    assert done.returncode == 2
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert line.startswith("error: both/b: made from another data set")
    assert "Recomputing" not in done.stderr
    assert not (tmp_path / "both" / "evaluation").exists()


def test_a_checkpoint_alone_has_no_report(tmp_path: Path) -> None:
    done = run_program("evaluate.py", "runs=mine.ckpt", *LOOK, cwd=tmp_path)
    assert done.returncode == 2
    assert "error: runs=mine.ckpt: a checkpoint alone has no report" in done.stderr


def test_nothing_to_monitor_is_said_before_training(tmp_path: Path) -> None:
    done = run_program("train.py", "split.protocol=whole", "logger=none", cwd=tmp_path)
    assert done.returncode == 2
    assert "val/auc cannot be monitored; add callbacks=whole" in done.stderr


def test_no_answer_of_an_earlier_report_stays(
    reported: tuple[Path, CompletedProcess[str]], tmp_path: Path
) -> None:
    folder, _ = reported
    out = tmp_path / "out"
    (tmp_path / "out").mkdir()
    (out / "mine.txt").write_text("kept")
    shared = (f"runs={folder.parent}", *LOOK, f"out={out}")
    for questions in ("[clusters]", "[maps]"):
        done = run_program("evaluate.py", *shared, f"look.questions={questions}", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    names = {path.name for path in out.iterdir()}
    assert "clusters.csv" not in names
    assert {"mine.txt", "map_types.png", "evaluation.csv", "report.json"} <= names


def test_wandb_gets_large_integers_as_text() -> None:
    large = 2**60 + 1
    table = pd.DataFrame(
        {
            "neuron_id": [1, 2],
            "pair_id": pd.array([large, None], "Int64"),
            "nucleus": [large, 5],
            "count": pd.array([3, None], "UInt64"),
        }
    )
    plain = _for_wandb(table)
    assert plain["neuron_id"].tolist() == ["1", "2"]
    assert plain["pair_id"].dropna().tolist() == [str(large)]
    assert plain["nucleus"].tolist() == [str(large), "5"]
    assert plain["count"].dtype == float
