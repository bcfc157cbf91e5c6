"""The notebook runs from a fresh start, and was left in a state that can be published."""

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from tests.conftest import ROOT

NOTEBOOK = ROOT / "docs" / "quickstart.ipynb"


def cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text())["cells"]
    return [cell for cell in found if cell["cell_type"] == "code"]


@pytest.mark.slow
def test_its_cells_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plt.switch_backend("agg")
    names: dict[str, Any] = {}
    for k, cell in enumerate(cells()):
        exec(compile("".join(cell["source"]), f"cell {k}", "exec"), names)
    assert plt.get_fignums()
    plt.close("all")
    exported = pd.read_parquet(tmp_path / "outputs" / "mushroom_body.parquet")
    pd.testing.assert_frame_equal(exported, names["connectome"].embed(names["fitted"]))
    assert names["tested"].metrics["test/auc"] > 0.9


def test_its_outputs_are_small_and_name_no_machine() -> None:
    text = NOTEBOOK.read_text()
    assert len(text) < 100_000
    outputs = json.dumps([cell["outputs"] for cell in cells()])
    assert "image/png" in outputs
    for trace in ("/home", "/root", "/Users", "site-packages", "Warning"):
        assert trace not in outputs
    assert [cell["execution_count"] for cell in cells()] == list(range(1, len(cells()) + 1))
