"""A question of one's own: a function with a decorator, and the report asks it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from omegaconf import OmegaConf

from connectome.analysis.questions import Answers
from connectome.analysis.questions.registry import (
    QUESTIONS,
    known_questions,
    question,
    require_counts,
)
from connectome.analysis.questions.settings import report_settings
from connectome.analysis.report.report import look_inside
from connectome.cli.evaluate import EvaluateConfig
from connectome.config import build, load_config, register_schema
from connectome.types import InputError
from tests.analysis.test_inside import annotated, space

NO_PAIRS: list[object] = [None] * 60
register_schema("evaluate", EvaluateConfig)


@dataclass(frozen=True)
class HubSettings:
    """How many of the best connected neurons are listed."""

    most: int = 2

    def __post_init__(self) -> None:
        require_counts("hubs", self, "most")


@pytest.fixture
def hubs() -> Iterator[None]:
    """The question for the neurons with most edges, while a test runs."""

    @question("hubs", HubSettings)
    def answer(look: Answers, settings: HubSettings) -> None:
        counts = pd.Series(look.connectome.edge_index.flatten().numpy()).value_counts()
        most = counts.sort_values(ascending=False, kind="stable")[: settings.most]
        ids = look.connectome.neuron_ids[most.index]
        look.write("hubs", pd.DataFrame({"neuron_id": ids, "degree": most.to_numpy()}))
        look.draw("hubs", Figure())

    yield
    del QUESTIONS["hubs"]


def test_a_new_question_is_asked_in_its_place(hubs: None) -> None:
    names = [asked.name for asked in report_settings().asked]
    assert names == known_questions()
    assert names.index("homologs") < names.index("hubs") < names.index("explorer")


def test_its_answer_is_written_recorded_and_on_the_page(hubs: None, tmp_path: Path) -> None:
    connectome = annotated(NO_PAIRS)
    settings = report_settings(["explorer", "hubs"], hubs=HubSettings(most=3))
    inside = look_inside(connectome, [space(connectome)], tmp_path, settings, {})
    table = pd.read_csv(tmp_path / "hubs.csv")
    degree = pd.Series(connectome.edge_index.flatten().numpy()).value_counts()
    assert table["degree"].tolist() == degree.nlargest(3).tolist()
    assert (tmp_path / "hubs.png").is_file()
    assert list(inside.tables) == ["hubs"]
    record = json.loads((tmp_path / "report.json").read_text())
    assert record["asked"]["questions"] == ["hubs", "explorer"]
    assert record["asked"]["hubs"] == {"most": 3}
    assert record["files"] == ["hubs.csv", "hubs.png", "hubs.svg", "explorer.html"]


def test_its_settings_are_options_of_the_command(hubs: None) -> None:
    config = load_config(["runs=x"], "evaluate").look
    OmegaConf.set_struct(config, False)
    config.hubs = {"_target_": f"{__name__}.HubSettings", "most": 7}
    [hub] = [asked for asked in build(config).asked if asked.name == "hubs"]
    assert build(config).of(hub) == [HubSettings(7)]
    config.hubs.most = 0
    with pytest.raises(InputError, match=r"^look\.hubs\.most=0: must be at least 1$"):
        build(config)
    config.hubs = 3
    with pytest.raises(InputError, match=r"^look\.hubs=3: give HubSettings, or look\.hubs\.KEY="):
        build(config)


def test_unknown_names_are_refused_with_the_list() -> None:
    listed = ", ".join(known_questions())
    assert "maps, cell_types" in listed
    with pytest.raises(InputError, match=f"^look.questions=hubs: choose among {listed}$"):
        report_settings(["hubs"])
    with pytest.raises(InputError, match=f"among {listed}, or all$"):
        report_settings("maps")
    with pytest.raises(InputError, match=r"^look\.seeds: unknown option; there are questions, "):
        report_settings(seeds=3)


def test_a_name_is_given_once() -> None:
    with pytest.raises(InputError, match=r"^question 'maps': is there already"):
        question("maps")(lambda look: None)


def test_every_question_with_settings_has_its_line_in_the_configuration() -> None:
    config = load_config(["runs=x"], "evaluate").look
    made = build(config)
    for name, asked in QUESTIONS.items():
        if asked.settings is not None:
            assert made.own[name] == asked.settings(), name
            assert set(config[name]) - {"_target_"} == {*vars(asked.settings())}, name
