import base64
import gzip
import json
import logging
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from connectome.analysis.latent import LatentSpace
from connectome.analysis.questions.cell_types import CellTypeSettings
from connectome.analysis.questions.clusters import AgreementSettings
from connectome.analysis.questions.settings import report_settings
from connectome.analysis.report.report import Inside, look_inside
from connectome.models.clustering import kmeans
from connectome.scores import Embedding
from connectome.types import Connectome
from tests.conftest import random_connectome

N = 60
TYPES = np.array(["a", "b", "c"])[np.arange(N) % 3]
QUESTIONS = ("cell_types", "clusters", "explorer")
QUICK = {"cell_types": CellTypeSettings(seeds=1), "clusters": AgreementSettings(permutations=5)}


def annotated(pairs: list[object], types: np.ndarray = TYPES) -> Connectome:
    neurons = pd.DataFrame({"cell_type": types, "pair_id": pairs})
    return replace(random_connectome(1, neurons=N, edges=500), neurons=neurons)


def space(connectome: Connectome, seeds: int = 2) -> LatentSpace:
    """A cloud for each type."""
    centre = torch.from_numpy(np.arange(N) % 3).float()[:, None] * torch.tensor([5.0, -5.0])
    repeats = []
    for seed in range(seeds):
        noise = torch.randn(N, 2, generator=torch.Generator().manual_seed(seed))
        factors = centre + noise
        repeats.append(Embedding("gae", connectome.neuron_ids, factors, factors))
    return LatentSpace("gae", 2, tuple(repeats), held_out=False)


def look(connectome: Connectome, folder: Path, questions: tuple[str, ...] = QUESTIONS) -> Inside:
    settings = report_settings(questions, **QUICK)
    return look_inside(connectome, [space(connectome)], folder, settings, {"made by": "a test"})


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Inside]:
    folder = tmp_path_factory.mktemp("inside")
    return folder, look(annotated([None] * N), folder)


def test_controls_are_marked(seen: tuple[Path, Inside]) -> None:
    table = pd.read_csv(seen[0] / "cell_types.csv")
    kinds = table.groupby("features")["kind"].unique().map(list)
    assert kinds["gae, d = 2"] == ["embedding"]
    assert kinds["log degrees"] == kinds["nothing"] == ["control"]
    assert kinds["partner types"] == kinds["profile of partner types"] == ["method"]
    assert kinds["nearest by partner types"] == ["control"]
    assert set(table["kind"]) == {"embedding", "control", "method"}


def test_clusters_that_figures_show_are_in_the_table(seen: tuple[Path, Inside]) -> None:
    folder, _ = seen
    assert (folder / "confusion.png").is_file()
    table = pd.read_csv(folder / "clusters.csv")
    name = "k-means with 3 clusters on gae, d = 2"
    factors = space(annotated([None] * N)).factors
    assert (table[name] == kmeans(factors[0], 3, seed=0).labels).all()
    assert (table[f"{name}, repeat 2"] == kmeans(factors[1], 3, seed=1).labels).all()


def test_what_is_left_out_is_said_outside_the_table_too(seen: tuple[Path, Inside]) -> None:
    folder, inside = seen
    [winding] = [line for line in inside.left_out if "Winding et al. 2023" in line]
    assert "no column 'hemisphere'" in winding
    page = (folder / "explorer.html").read_text()
    packed = re.search(r'id="meta" data-type="json">([^<]*)<', page)
    assert packed
    meta = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    assert winding in dict(meta["provenance"])["left out"]


def test_without_unknown_types_none_are_predicted(
    seen: tuple[Path, Inside], tmp_path: Path
) -> None:
    folder, inside = seen
    assert not (folder / "predicted_types.csv").exists()
    assert any("every neuron has a 'cell_type'" in line for line in inside.left_out)
    partly = np.where(np.arange(N) < 6, None, TYPES)
    some = look(annotated([None] * N, partly), tmp_path, ("cell_types",))
    assert len(pd.read_csv(tmp_path / "predicted_types.csv")) == 6
    assert not any("every neuron" in line for line in some.left_out)


def test_pairs_of_no_neuron_are_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ids = random_connectome(1, neurons=N, edges=500).neuron_ids
    connectome = annotated([ids[1], ids[0], -5, -6, *[None] * (N - 4)])
    with caplog.at_level(logging.WARNING):
        look(connectome, tmp_path, ("clusters", "explorer"))
    [line] = [record.getMessage() for record in caplog.records if "pair_id" in record.getMessage()]
    assert "2 of 4 values of 'pair_id', such as -5, are no id of a neuron" in line


ALWAYS = {"map_controls.png", "map_types.png", "clusters.csv", "explorer.html", "report.json"}
HALVES = np.repeat(["left", "right"], N // 2)


def paired(types: np.ndarray, pairs: int) -> Connectome:
    """Neurons ``k`` and ``k + 30`` are homologs, as many as ``pairs``; odd ones have no type."""
    bare = random_connectome(1, neurons=N, edges=500)
    partner = pd.Series(pd.NA, index=range(N), dtype="Int64")
    for k in range(pairs):
        partner[k], partner[k + 30] = bare.neuron_ids[k + 30], bare.neuron_ids[k]
    neurons = pd.DataFrame({"cell_type": types, "pair_id": partner, "hemisphere": HALVES})
    return replace(bare, neurons=neurons)


@pytest.mark.parametrize(
    ("types", "pairs", "written", "reasons"),
    [
        pytest.param(
            np.array([*TYPES[:-3], "rare", None, None]), 10, {"predicted_types.csv"},
            ("cell_types of rare: ", "predicted_types of rare: too few"), id="one neuron",
        ),
        pytest.param(
            np.array([*np.where(TYPES == "c", "b", TYPES)[:-1], None]), 10,
            {"cell_types.csv", "predicted_types.csv"},
            ("unseen_types: fewer than three cell types",), id="two types",
        ),
        pytest.param(
            np.array(["b"] + ["a"] * (N - 1)), 10, {"neighbour_types.csv"},
            ("cell_types: fewer than two", "predicted_types: fewer than two"), id="a single",
        ),
        pytest.param(
            np.array([f"t{k % 30}" for k in range(N)]), 30, {"neighbour_types.csv"},
            ("cell_types: fewer than two", "unseen_types: fewer than two"), id="pairs alone",
        ),
        pytest.param(
            np.array([*TYPES[:-1], None]), 3, {"predicted_types.csv", "unseen_types.csv"},
            ("homologs: random: 3 left-right pairs",), id="three pairs",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_left_out_and_the_rest_is_written(
    types: np.ndarray, pairs: int, written: set[str], reasons: tuple[str, ...], tmp_path: Path
) -> None:
    connectome = paired(types, pairs)
    questions = ("maps", *QUESTIONS, *(["homologs"] if pairs == 3 else []))  # else it takes long
    settings = report_settings(questions, **QUICK)
    inside = look_inside(connectome, [space(connectome, 1)], tmp_path, settings, {})
    assert ALWAYS | written <= {path.name for path in tmp_path.iterdir()}
    for reason in reasons:
        assert [reason in line for line in inside.left_out].count(True) == 1, inside.left_out
    assert json.loads((tmp_path / "report.json").read_text())["left_out"] == [*inside.left_out]
    if "predicted_types.csv" in written:
        table = pd.read_csv(tmp_path / "predicted_types.csv")
        assert not table["predicted"].eq("rare").any()
        assert (table["confidence"] > 0.6).all()  # the clouds are far apart


def test_a_defect_is_raised_and_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("a defect")

    monkeypatch.setattr("connectome.analysis.questions.cell_types.probe_table", broken)
    with pytest.raises(ValueError, match="a defect"):
        look(annotated([None] * N), tmp_path, ("cell_types",))


def test_the_table_of_neurons_holds_what_the_questions_found(tmp_path: Path) -> None:
    partly = np.where(np.arange(N) < 6, None, TYPES)
    brain = annotated([None] * N, partly)
    settings = report_settings(("cell_types", "clusters", "neurons"), **QUICK)
    inside = look_inside(brain, [space(brain)], tmp_path, settings, {})
    assert [path.name for path in inside.files] == ["neurons.csv", "neurons.xlsx"]
    table = pd.read_csv(tmp_path / "neurons.csv", dtype={"neuron_id": str, "neighbour_1": str})
    assert table["neuron_id"].tolist() == brain.neuron_ids.astype(str).tolist()
    assert table["predicted_type"].notna().tolist() == [k < 6 for k in range(N)]
    assert table["cluster_leiden_community"].notna().all()
    np.testing.assert_allclose(table[["x_gae_d_2", "y_gae_d_2"]], space(brain).position, rtol=1e-6)
    row = dict(zip(table["neuron_id"], range(N), strict=True))
    # Clouds lie far apart, so that the nearest neuron is of the same type.
    same = [row[near] % 3 == k % 3 for k, near in enumerate(table["neighbour_1"])]
    assert sum(same) > 0.9 * N
    assert "neurons.xlsx" in json.loads((tmp_path / "report.json").read_text())["files"]
