from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from omegaconf import OmegaConf

from connectome.analysis.search import check_parts
from connectome.analysis.search.report import best_line, plot_trials, trial_table
from connectome.analysis.search.study import Search, check_space
from connectome.config import load_config
from connectome.types import InputError

SPACE = {
    "model": {
        "l2": {"low": 0.001, "high": 0.1, "log": True},
        "width": {"low": 8, "high": 32, "step": 8},
        "link_weight": {"choices": [None, 1, 5]},
    },
    "features": {"choices": [[], ["degrees"]]},
}
STANDING = {"model.l2": 0.01, "model.width": 999, "model.link_weight": None, "features": []}
SETTINGS = {"seed": 0, "trainer": {"max_epochs": 3}}


def open_search(folder: Path, space: dict[str, Any] | None = None, seed: int = 0) -> Search:
    return Search(str(folder / "study.journal"), space or SPACE, trials=9, startup=3, seed=seed)


def propose(search: Search, job: int, settings: dict[str, Any] | None = None) -> Any:
    return search.propose(job, settings or SETTINGS, STANDING.__getitem__)


def test_first_trial_tries_what_stands_as_far_as_the_space_has_it(tmp_path: Path) -> None:
    tried = propose(open_search(tmp_path), 0)
    assert tried["model.l2"] == 0.01
    assert tried["model.link_weight"] is None
    assert tried["features"] == []
    assert tried["model.width"] in (8, 16, 24, 32)  # 999 is outside


def test_proposals_lie_in_the_space_and_differ(tmp_path: Path) -> None:
    search = open_search(tmp_path)
    tried = [propose(search, job) for job in range(1, 7)]
    assert all(0.001 <= one["model.l2"] <= 0.1 for one in tried)
    assert {type(one["model.width"]) for one in tried} == {int}
    assert {str(one["features"]) for one in tried} == {"[]", "['degrees']"}
    assert len({one["model.l2"] for one in tried}) == 6


def test_interrupted_trial_gets_its_settings_again_and_ended_ones_none(tmp_path: Path) -> None:
    tried = propose(open_search(tmp_path), 4)
    again = open_search(tmp_path)
    assert propose(again, 4) == tried
    again.tell(4, 0.5)
    assert propose(again, 4) is None
    again.tell(4, 0.9)  # the same command, started twice: the first answer counts
    assert [trial.value for trial in again.trials()] == [0.5]


def test_same_seed_proposes_the_same(tmp_path: Path) -> None:
    def proposals(folder: str, seed: int) -> list[Any]:
        search = open_search(tmp_path / folder, seed=seed)
        found = []
        for job in range(5):
            found.append(propose(search, job))
            search.tell(job, found[-1]["model.l2"])
        return found

    assert proposals("a", 0) == proposals("b", 0)
    assert proposals("c", 1)[1:] != proposals("d", 0)[1:]


def test_sampler_learns(tmp_path: Path) -> None:
    space = {"x": {"low": 0.0, "high": 1.0}}
    search = open_search(tmp_path, space)
    tried = []
    for job in range(1, 25):
        tried.append(search.propose(job, SETTINGS, lambda key: None)["x"])
        search.tell(job, -abs(tried[-1] - 0.8))
    assert abs(pd.Series(tried[12:]) - 0.8).mean() < 0.15  # at random it would be 0.34


def test_failed_trials_stay_in_the_table(tmp_path: Path) -> None:
    search = open_search(tmp_path)
    for job, value in enumerate((0.7, float("nan"), 0.9)):
        propose(search, job)
        search.tell(job, value)
    propose(search, 3)
    table = trial_table(search, tmp_path)
    assert list(table["trial"]) == [0, 1, 2, 3]
    assert list(table["state"]) == ["complete", "fail", "complete", "running"]
    assert list(table["objective"].dropna()) == [0.7, 0.9]
    assert best_line(table, ["features"]).startswith("Best:   trial 2, 0.9000: features=[")
    axes = plot_trials(table, search, "t").axes
    assert [place.get_xlabel() for place in axes[:4]] == [*STANDING]
    assert len(axes[0].collections[0].get_offsets()) == 2  # the complete ones


def test_importance_goes_to_what_matters(tmp_path: Path) -> None:
    space = {"x": {"low": 0.0, "high": 1.0}, "y": {"low": 0.0, "high": 1.0}}
    search = open_search(tmp_path, space)
    for job in range(1, 9):
        search.tell(job, search.propose(job, SETTINGS, lambda key: None)["x"])
    shares = search.importances()
    assert shares["x"] > 0.8
    assert sum(shares.values()) == pytest.approx(1)


def test_another_space_or_other_settings_want_another_study(tmp_path: Path) -> None:
    propose(open_search(tmp_path), 0)
    other = SETTINGS | {"trainer": {"max_epochs": 4}}
    with pytest.raises(InputError, match=r"holds a search with trainer\.max_epochs=3, not 4; set"):
        propose(open_search(tmp_path), 1, other)
    with pytest.raises(InputError, match="holds a search with space"):
        propose(open_search(tmp_path, {"x": {"choices": [1, 2]}}), 1)


def test_what_is_no_study_is_named(tmp_path: Path) -> None:
    (tmp_path / "study.journal").write_text("nonsense\nmore\n")
    with pytest.raises(InputError, match=r"study\.journal: is no study .* move it away"):
        propose(open_search(tmp_path), 0)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({}, "search.space: is empty"),
        ({"model": {"l2": 3}}, r"search.space.model.l2=3: give \{low: A, high: B\}"),
        ({"model": {"l2": {"low": 1}}}, r"search.space.model.l2=.*no range"),
        ({"model": {"l2": {"low": 2, "high": 1}}}, r"search.space.model.l2=.*low"),
        ({"model": {"l2": {"choices": [1], "low": 2}}}, r"search.space.model.l2=.*no range"),
    ],
)
def test_what_is_no_space_is_named(space: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        Search(str(tmp_path / "s"), space, trials=3)


def test_unknown_options_are_named() -> None:
    config = OmegaConf.create({"model": {"hidden_dim": 3}, "seed": 1})
    check_space({"model.hidden_dim": {}, "seed": {}}, config)
    for key, message in (
        ("model.hiden_dim", r"no such option \(did you mean model.hidden_dim\?\)"),
        ("modle.l2", r"no such option \(did you mean model\?\)"),
        ("seed.x", "no such option"),
    ):
        with pytest.raises(InputError, match=rf"search\.space\.{key}: {message}"):
            check_space({key: {}}, config)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["split.seed=9"], "split.seed=9: splits below 100 are reported"),
        (["seed=3", "split.seed=${seed}"], "split.seed=3: splits below 100 are reported"),
        (["test=true"], "test=true: a search chooses on validation links alone"),
        (["benchmark=full"], "test=false: a benchmark scores the test links"),
    ],
)
def test_searches_keep_off_what_is_reported(overrides: list[str], message: str) -> None:
    config = load_config(["experiment=search", "run_dir=/nowhere", "name=test", *overrides])
    with pytest.raises(InputError, match=message):
        check_parts(config)


@pytest.mark.parametrize("experiment", ["search", "search_factor", "search_directed_factor"])
def test_spaces_are_of_options_that_there_are(experiment: str, tmp_path: Path) -> None:
    place = [f"output_root={tmp_path}", "run_dir=/nowhere", "name=test"]
    config = load_config([f"experiment={experiment}", *place])
    check_parts(config)
    assert config.callbacks.best.monitor == config.callbacks.early_stopping.monitor
    assert config.callbacks.best.monitor == "val/objective"
    given: Any = OmegaConf.to_container(config.search, resolve=True)
    given.pop("_target_")
    search = Search(**given)
    check_space(search.options, config)
    now: Callable[[str], Any] = lambda key: OmegaConf.select(config, key)  # noqa: E731
    tried = search.propose(0, {}, now)
    assert tried == {key: now(key) for key in search.options}  # trial 0 is the defaults


def test_a_study_outlives_a_job_killed_while_it_wrote(tmp_path: Path) -> None:
    search = open_search(tmp_path)
    propose(search, 0)
    search.tell(0, 0.5)
    propose(search, 1)
    journal = tmp_path / "study.journal"
    journal.write_bytes(journal.read_bytes()[:-20])  # half of the last line
    again = open_search(tmp_path)
    propose(again, 2)
    again.tell(2, 0.7)
    assert [trial.value for trial in open_search(tmp_path).trials()] == [0.5, 0.7]
