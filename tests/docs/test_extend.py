"""The code that the pages on extending show does what they say."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.pages import forget, run_page


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a copy of ``conf/`` to add files to, on the path of modules."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    for module in ("connectome.config.schema", "connectome.arguments", "connectome.errors"):
        monkeypatch.setattr(f"{module}.config_folder", lambda: tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    forget(tmp_path)


def test_a_method_is_two_files(project: Path) -> None:
    names = run_page("extend/method.md", project)
    assert names["fitted"].embedding.method == "dot_product"
    assert names["shown"] == [names["fitted"].metrics["test/auc"]]
    assert names["shown"][0] > 0.85  # degrees alone have .78


def test_a_decoder_is_one_class(project: Path) -> None:
    from connectome.scores.similarity import SIMILARITIES

    try:
        names = run_page("extend/decoder.md", project)
    finally:
        SIMILARITIES.pop("manhattan", None)
    assert names["shown"] == ["manhattan"]
    assert names["fitted"].metrics["train/auc"] > 0.8


def test_a_metric_is_one_entry(project: Path) -> None:
    from connectome.metrics.links import METRICS

    try:
        names = run_page("extend/metric.md", project)
    finally:
        METRICS.pop("precision", None)
    # 3, 2, 1 and 0.5 are the four best of eight scores; three of them are links.
    assert names["shown"] == [0.75]


def test_a_reader_is_a_yaml_or_a_function(project: Path) -> None:
    from connectome.data.edges import GRAPHS

    try:
        names = run_page("extend/reader.md", project)
    finally:
        GRAPHS.pop(".raw", None)
    assert names["shown"] == [(2, [7.0, 2.0]), (2, [2.0, 1.0]), (3, [1.0, 2.0, 1.0])]
    assert names["brain"].neuron_ids.tolist() == [720575940600000001 + k for k in range(3)]
    assert names["brain"].neurons["hemisphere"].tolist() == ["left", "right", "left"]


def test_a_question_is_one_module(project: Path) -> None:
    from connectome.analysis.questions.registry import QUESTIONS

    try:
        names = run_page("extend/question.md", project)
    finally:
        QUESTIONS.pop("reach", None)
    table = names["found"].tables["reach"].set_index("neuron_id")["reached"]
    assert (project / "report" / "reach.csv").is_file()
    # Within one synapse of a neuron are itself and the neurons that it has an edge to.
    brain = names["brain"]
    ends = [{neuron} for neuron in range(brain.num_neurons)]
    for pre, post in brain.edge_index.T.tolist():
        ends[pre].add(post)
    assert table.tolist() == [len(reached) for reached in ends]


def test_a_panel_is_a_block_with_its_script(project: Path) -> None:
    from connectome.analysis.explorer import BLOCKS
    from tests.analysis.explorer.test_page import block

    before = len(BLOCKS)
    try:
        names = run_page("extend/panel.md", project)
    finally:
        del BLOCKS[before:]
    brain, text = names["brain"], (project / "page.html").read_text()
    sent = [int((brain.edge_index[0] == neuron).sum()) for neuron in range(brain.num_neurons)]
    assert block(text, "block-partners").tolist() == sent
    assert "Partners reached" in text


def test_a_command_is_a_module_and_a_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import connectome.cli

    folder = str(project / "connectome" / "cli")
    monkeypatch.setattr(connectome.cli, "__path__", [*connectome.cli.__path__, folder])
    try:
        run_page("extend/command.md", project)
    finally:
        connectome.cli.COMMANDS.pop("busiest", None)
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    sent = [int(synapses) for _, synapses in rows]
    assert len(rows) == 3
    assert sent == sorted(sent, reverse=True)
    assert all(neuron.startswith("R-") for neuron, _ in rows)
