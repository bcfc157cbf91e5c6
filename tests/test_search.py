"""Search and ablation, run as a user runs them."""

import re
from pathlib import Path
from shutil import copytree
from subprocess import CompletedProcess

import pandas as pd
import pytest

from connectome.runs import CONFIG, load_json
from tests.programs import run_program

QUICK = ("trainer.max_epochs=1", "steps_per_epoch=5", "logger=csv")
SEARCH = ("-m", "experiment=search_factor", *QUICK)
# 999 is more than there are neurons: those trials fail.
FAILING = "+search.space.latent_dim.choices=[2,999]"
# In one process: others take seconds to start, and the leaderboard shows that they work.
ONE_BY_ONE = "hydra.launcher.n_jobs=1"
STUDY = Path("outputs") / "search_factor_mushroom_body"


def near(value: float) -> object:
    """Tables on disk have six digits."""
    return pytest.approx(value, rel=1e-5)


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("search")
    words = (*SEARCH, FAILING, ONE_BY_ONE, "search.trials=4")
    return folder, run_program("train.py", *words, cwd=folder)


@pytest.mark.slow
def test_failing_trials_do_not_end_the_search(searched: tuple[Path, CompletedProcess[str]]) -> None:
    folder, done = searched
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(folder / STUDY / "trials.csv")
    assert list(table["trial"]) == [0, 1, 2, 3]
    failed = table["latent_dim"] == 999
    assert 0 < failed.sum() < 4
    assert set(table["state"][failed]) == {"fail"}
    assert set(table["state"][~failed]) == {"complete"}
    assert "latent_dim=999: the graph has 213 neurons" in done.stderr
    assert (folder / STUDY / "trials.png").stat().st_size > 0
    best = table.loc[table["objective"].idxmax()]
    assert f"trial {best['trial']}, {best['objective']:.4f}: model.l2=" in done.stdout


@pytest.mark.slow
def test_trials_are_trained_with_what_was_proposed(
    searched: tuple[Path, CompletedProcess[str]],
) -> None:
    folder, _ = searched
    table = pd.read_csv(folder / STUDY / "trials.csv").set_index("trial")
    assert table.loc[0, "model.l2"] == 0.01  # the first one is the default
    for trial, row in table[table["state"] == "complete"].iterrows():
        run = folder / STUDY / row["run"]
        assert f"-trial00{trial}-" in run.name
        assert load_json(run / "status.json")["identity"]["model"]["l2"] == near(row["model.l2"])
        metrics = load_json(run / "metrics.json")
        mean = (metrics["val/auc"] + metrics["val/auc_degree_matched"]) / 2
        assert metrics["val/objective"] == pytest.approx(mean)
        assert row["objective"] == near(metrics["val/objective"])
        assert row["val/auc_degree_matched"] == near(metrics["val/auc_degree_matched"])


@pytest.mark.slow
def test_no_test_metric_in_any_file(searched: tuple[Path, CompletedProcess[str]]) -> None:
    folder, _ = searched
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".ckpt" for path in files)
    assert any(path.name == "metrics.csv" for path in files)
    metric = re.compile(rb"test[_/](auc|ap|mrr|loss)")
    assert [path for path in files if metric.search(path.read_bytes())] == []
    assert not list(folder.rglob("scores.csv"))


@pytest.mark.slow
def test_runs_of_a_search_are_not_evaluated(searched: tuple[Path, CompletedProcess[str]]) -> None:
    folder, _ = searched
    best = next(folder.rglob("best.ckpt"))
    for runs in (STUDY, best):
        done = run_program("evaluate.py", f"runs={runs}", cwd=folder)
        assert done.returncode == 2
        assert "was trained with test=false, to choose settings" in done.stderr


@pytest.mark.slow
def test_same_command_goes_on(searched: tuple[Path, CompletedProcess[str]], tmp_path: Path) -> None:
    folder = copytree(searched[0], tmp_path / "search")  # the others look at the first four trials
    before = pd.read_csv(folder / STUDY / "trials.csv")
    ended = {path: path.stat().st_mtime_ns for path in folder.rglob("metrics.json")}
    done = run_program("train.py", *SEARCH, FAILING, "search.trials=5", ONE_BY_ONE, cwd=folder)
    assert done.returncode == 0, done.stderr
    after = pd.read_csv(folder / STUDY / "trials.csv")
    pd.testing.assert_frame_equal(after.head(4), before, check_dtype=False)
    assert list(after["trial"]) == [0, 1, 2, 3, 4]
    assert {path: path.stat().st_mtime_ns for path in ended} == ended  # none is trained again


@pytest.mark.slow
def test_other_settings_are_not_mixed_in(
    searched: tuple[Path, CompletedProcess[str]], tmp_path: Path
) -> None:
    folder = copytree(searched[0], tmp_path / "search")
    other = ("search.trials=1", "steps_per_epoch=6", ONE_BY_ONE)
    done = run_program("train.py", *SEARCH, FAILING, *other, cwd=folder)
    assert done.returncode == 1
    assert "holds a search with steps_per_epoch=5, not 6; set another name=" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("split.seed=3", "split.seed=3: splits below 100 are reported"),
        ("+search.space.model.l3.choices=[1,2]", "search.space.model.l3: no such option"),
        ("latent_dim=2,4", "latent_dim=2,4: a search takes one value of each option"),
    ],
)
def test_what_cannot_be_searched_gets_one_line(override: str, message: str, tmp_path: Path) -> None:
    done = run_program("train.py", *SEARCH, override, ONE_BY_ONE, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.rglob("metrics.json"))


@pytest.mark.slow
def test_a_search_without_m_is_refused(tmp_path: Path) -> None:
    done = run_program("train.py", *SEARCH[1:], cwd=tmp_path)
    assert done.returncode == 2
    assert "search: its trials are the jobs of a sweep; add -m" in done.stderr


@pytest.mark.slow
def test_ablation_from_the_command_line(tmp_path: Path) -> None:
    chosen = ("variant=none,no_networks", "seed=0,1", "latent_dim=2")
    done = run_program(
        "train.py", "-m", "experiment=ablation", *chosen, *QUICK, ONE_BY_ONE, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "outputs" / "ablation_directed_gae_mushroom_body"
    table = pd.read_csv(folder / "ablation.csv")
    assert set(table["variant"]) == {"full model", "no decoder networks"}
    scores = {}
    for run in (path.parent for path in folder.rglob("scores.csv")):
        variant = "none" if run.name.startswith("directed_gae-d02-") else "no_networks"
        layers = {"none": "layers: 3", "no_networks": "layers: 0"}[variant]
        assert layers in (run / CONFIG).read_text()
        seed = load_json(run / "status.json")["identity"]["seed"]
        scores[variant, seed] = pd.read_csv(run / "scores.csv").set_index(
            ["by", "metric", "negatives"]
        )["value"]
    assert set(scores) == {(v, s) for v in ("none", "no_networks") for s in (0, 1)}
    assert len(table) == 2 * 5
    for _, row in table[table["variant"] == "no decoder networks"].iterrows():
        place = "all", row["metric"], row["negatives"]
        by_seed = [scores["no_networks", s][place] - scores["none", s][place] for s in (0, 1)]
        mean, half = sum(by_seed) / 2, 12.7062 * abs(by_seed[0] - by_seed[1]) / 2
        assert row["difference"] == near(mean)
        assert row["ci_high"] - row["difference"] == pytest.approx(half, abs=1e-5)
        assert row["pairs"] == 2
    assert "| no decoder networks |" in (folder / "ablation.md").read_text()
    assert (folder / "ablation_reciprocal.png").stat().st_size > 0
