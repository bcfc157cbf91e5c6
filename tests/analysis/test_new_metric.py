"""A metric of one's own: one entry of METRICS, and every table and figure has it."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from connectome.analysis.leaderboard import write_report
from connectome.analysis.leaderboard.figures import plot_against
from connectome.analysis.leaderboard.tables import collect, leaderboard
from connectome.data.splits import SplitConfig
from connectome.metrics.links import METRICS, Metric, ScoredPairs
from connectome.metrics.links.ranking import Ranking
from connectome.runs import Run, sha256
from connectome.scores import Embedding
from connectome.training.batching import LinkDataModule
from connectome.training.loop import Benchmark
from connectome.training.loop.benchmark import run_benchmark
from connectome.types import InputError
from tests.analysis.test_leaderboard import write
from tests.conftest import random_connectome


def beaten(pairs: ScoredPairs) -> float:
    """Share of the negatives that score lower than the best link."""
    return float((pairs.negative < pairs.positive.max()).double().mean())


def worst_rank(ranking: Ranking) -> float:
    return float(ranking.rank.max())


BEATEN = Metric(
    "beaten",
    of_pairs=beaten,
    of_ranking=worst_rank,
    higher_is_better=False,
    compared=True,
    columns=("each", "all_pairs"),
    panels={"uniform": "beaten negatives"},
    ablation={"uniform": "beaten"},
)


def scored(folder: Path, method: str) -> Run:
    """A run of the benchmark with an embedding that scores neuron ``j`` by ``j`` alone."""
    datamodule = LinkDataModule(random_connectome(0), SplitConfig(True), steps_per_epoch=1)
    n = datamodule.connectome.num_neurons
    factors = torch.stack([torch.ones(n), torch.arange(n).float()], dim=1)
    source, target = factors * torch.tensor([1.0, 0.0]), factors.flip(1)
    scorer = Embedding(method, datamodule.connectome.neuron_ids, source, target)
    wanted = Benchmark(negatives=["uniform"], scores=["native"])
    found = run_benchmark(scorer, datamodule, wanted)
    run = write(folder, method, 2, 0, 0.8)
    for name in ("scores", "calibration"):
        getattr(found, name).to_csv(run.path / f"{name}.csv", index=False)
    sums = {name: sha256(run.path / name) or "" for name in ("scores.csv", "calibration.csv")}
    return replace(run, benchmark=wanted.record(datamodule.connectome), sha256=sums)


def test_one_entry_reaches_every_table_and_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METRICS, "beaten", BEATEN)
    runs = [scored(tmp_path, "gae"), scored(tmp_path, "ase")]
    assert runs[0].benchmark["metrics"][-1] == "beaten"
    assert runs[0].benchmark["metrics_of_all_pairs"][-1] == "beaten"
    report = write_report(runs, tmp_path / "out", "toy")
    assert not report.failures
    board = pd.read_csv(tmp_path / "out" / "leaderboard.csv")
    rows = board[(board["metric"] == "beaten") & (board["method"] == "gae")]
    assert set(rows["negatives"]) == {"uniform", "all_pairs"}
    # No neuron scores above the last, so only pairs that lead to it can tie with the best link.
    uniform = rows.loc[rows["negatives"] == "uniform", "mean"].item()
    assert 0.8 < uniform <= 1
    assert rows.loc[rows["negatives"] == "all_pairs", "mean"].item() > 1  # a rank
    table = (tmp_path / "out" / "leaderboard.md").read_text().split("\n")[6]
    assert "ece uniform | beaten uniform | beaten all pairs |" in table
    assert "beaten" in set(pd.read_csv(tmp_path / "out" / "differences.csv")["metric"])
    figure = plot_against(leaderboard(collect(runs)), "latent_dim", "d", "toy")
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels[4:] == ["beaten negatives, lower is better", ""]


def test_without_it_nothing_of_it_is_left(tmp_path: Path) -> None:
    run = scored(tmp_path, "gae")
    assert "beaten" not in run.benchmark["metrics"]
    assert "beaten" not in set(collect([run])["metric"])


def test_a_metric_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"^metric 'x': give it of_pairs, of_ranking or both$"):
        Metric("x")
    with pytest.raises(InputError, match=r"^metric 'x': an ablation compares; give compared=True"):
        Metric("x", of_pairs=beaten, ablation={"uniform": "x"})
    wrong = replace(BEATEN, panels={"unifrom": "x"})
    monkeypatch.setitem(METRICS, "beaten", wrong)
    board = leaderboard(collect([scored(tmp_path, "gae")]))
    line = "^metric 'beaten': is shown for 'unifrom', which are no negatives; choose among uniform"
    with pytest.raises(InputError, match=line):
        plot_against(board, "latent_dim", "d", "toy")
