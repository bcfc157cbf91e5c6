from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from connectome.data.splits import (
    REGIMES_VERSION,
    SplitConfig,
    distinct_pairs,
    make_evaluation_pairs,
)
from connectome.metrics.links import METRICS, Metric, link_metrics, rank_test_links
from connectome.runs import (
    CALIBRATION,
    SCORES,
    RunFolder,
    load_evaluation_pairs,
    save_evaluation_pairs,
)
from connectome.runs.folder import NEEDED
from connectome.scores import Embedding
from connectome.training.batching import LinkDataModule
from connectome.training.loop import Benchmark, benchmark, require_negatives
from connectome.training.loop.benchmark import run_benchmark
from connectome.types import InputError
from tests.conftest import annotated_connectome, random_connectome

KEY = ["score", "negatives", "metric", "by", "level"]


@pytest.fixture
def datamodule() -> LinkDataModule:
    connectome = annotated_connectome(1, edges=900)
    return LinkDataModule(connectome, SplitConfig(True, "orbit", 0.1, 0.2), steps_per_epoch=1)


def random_embedding(datamodule: LinkDataModule) -> Embedding:
    generator = torch.Generator().manual_seed(0)
    source, target = torch.randn(2, 40, 3, generator=generator)
    return Embedding("random", datamodule.connectome.neuron_ids, source, target)


def test_rows_hold_what_the_metrics_say(datamodule: LinkDataModule) -> None:
    embedding = random_embedding(datamodule)
    table = run_benchmark(embedding, datamodule, Benchmark(negatives="all")).scores
    values = table.set_index(KEY)["value"].sort_index()
    evaluation = make_evaluation_pairs(datamodule.connectome, datamodule.split, "hard", "test")
    expected = link_metrics(
        embedding.score_pairs(evaluation.positives), embedding.score_pairs(evaluation.negatives)
    )
    assert values["native", "hard", "auc", "all", "all"] == pytest.approx(expected.auc)
    assert values["native", "hard", "ap", "all", "all"] == pytest.approx(expected.ap)
    ranking = rank_test_links(embedding, datamodule.split)
    found = values["native", "all_pairs", "ap", "all", "all"]
    assert found == pytest.approx(ranking.average_precision)
    assert set(table["negatives"]) == {
        "uniform",
        "degree_matched",
        "reversed",
        "hard",
        "same_cell_type",
        "all_pairs",
    }
    assert set(table["metric"]) >= {"auc", "ap", "brier", "ece", "mrr", "hits@10"}
    assert set(table["by"]) == {"all", "edge_type", "synapses", "degree_decile"}
    assert table["value"].between(0, 1).all()
    assert not table.duplicated(KEY).any()


def test_strata_of_paired_negatives_stay_paired(datamodule: LinkDataModule) -> None:
    symmetric = random_embedding(datamodule)
    symmetric = Embedding("s", symmetric.neuron_ids, symmetric.source, symmetric.source)
    wanted = Benchmark(negatives=["reversed"], scores=["native"])
    table = run_benchmark(symmetric, datamodule, wanted).scores
    by_type = table[(table["metric"] == "auc") & (table["by"].isin(["edge_type", "synapses"]))]
    assert len(by_type) >= 2
    assert by_type["value"].to_numpy() == pytest.approx(0.5, abs=1e-12)


def test_negatives_are_made_once(datamodule: LinkDataModule, tmp_path: Path) -> None:
    embedding, cache = random_embedding(datamodule), str(tmp_path / "cache")
    wanted = Benchmark(negatives=["hard"], scores=["native"], cache=cache)
    first = run_benchmark(embedding, datamodule, wanted).scores
    files = sorted((tmp_path / "cache").iterdir())
    names = [file.name.split("-", 2)[2] for file in files]
    assert names == [f"hard-v{REGIMES_VERSION}-{part}.npz" for part in ("test", "val")]
    before = [file.stat().st_mtime_ns for file in files]
    second = run_benchmark(embedding, datamodule, wanted).scores
    assert [file.stat().st_mtime_ns for file in files] == before
    assert np.array_equal(first["value"], second["value"])


def test_negatives_drawn_by_older_rules_are_not_taken(
    datamodule: LinkDataModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedding, wanted = random_embedding(datamodule), Benchmark(["uniform"], cache=str(tmp_path))
    run_benchmark(embedding, datamodule, wanted)
    before = set(tmp_path.iterdir())
    record = wanted.record(datamodule.connectome)
    monkeypatch.setattr(benchmark, "REGIMES_VERSION", REGIMES_VERSION + 1)
    benchmark._evaluation.cache_clear()
    run_benchmark(embedding, datamodule, wanted)
    assert len(set(tmp_path.iterdir()) - before) == 2
    assert wanted.record(datamodule.connectome) != record


def test_damaged_or_foreign_negatives_are_refused_not_left_out(
    datamodule: LinkDataModule, tmp_path: Path
) -> None:
    embedding = random_embedding(datamodule)
    wanted = Benchmark(negatives="all", scores=["native"], cache=str(tmp_path))
    run_benchmark(embedding, datamodule, wanted)
    path = next(tmp_path.glob("*-hard-*-test.npz"))
    good = path.read_bytes()
    for part in ("*-uniform-*-test.npz", "*-reversed-*-val.npz"):
        path.write_bytes(next(tmp_path.glob(part)).read_bytes())
        evaluation = load_evaluation_pairs(path)
        if part.startswith("*-uniform"):
            save_evaluation_pairs(path, replace(evaluation, negatives=datamodule.split.train))
        benchmark._evaluation.cache_clear()
        with pytest.raises(InputError, match=r"hard-v\d-test\.npz: holds pairs of another split"):
            run_benchmark(embedding, datamodule, wanted)
    path.write_bytes(good[: len(good) // 2])
    benchmark._evaluation.cache_clear()
    with pytest.raises(InputError, match=r"hard-v\d-test\.npz: corrupt"):
        run_benchmark(embedding, datamodule, wanted)


def test_edited_annotations_make_new_negatives(tmp_path: Path) -> None:
    first = annotated_connectome(1, edges=900)
    other = replace(first, neurons=first.neurons.assign(cell_type=["KC", "PN"] * 20))
    assert first.fingerprint == other.fingerprint
    wanted = Benchmark(negatives=["same_cell_type"], scores=["native"], cache=str(tmp_path))
    for connectome in (first, other):
        module = LinkDataModule(connectome, SplitConfig(True), steps_per_epoch=1)
        run_benchmark(random_embedding(module), module, wanted)
    assert len(list(tmp_path.iterdir())) == 4
    assert wanted.record(first) != wanted.record(other)


def test_small_strata_have_no_number(datamodule: LinkDataModule) -> None:
    wanted = Benchmark(negatives=["uniform"], scores=["native"])
    table = run_benchmark(random_embedding(datamodule), datamodule, wanted).scores
    strata = table[(table["by"] != "all") & (table["negatives"] == "uniform")]
    assert len(strata)
    assert (strata["links"] >= 30).all()
    assert "degree_decile" not in set(strata["by"])  # 13 links each


def test_no_score_at_all_is_refused() -> None:
    with pytest.raises(InputError, match=r"benchmark.scores=\[\]: name one"):
        Benchmark(negatives=["uniform"], scores=[])


def test_regimes_that_the_data_do_not_allow(caplog: pytest.LogCaptureFixture) -> None:
    plain = LinkDataModule(random_connectome(0), SplitConfig(), steps_per_epoch=1)
    embedding = random_embedding(plain)
    with caplog.at_level("WARNING"):
        table = run_benchmark(embedding, plain, Benchmark(negatives="all")).scores
    assert {"reversed", "same_cell_type"}.isdisjoint(table["negatives"])
    assert "left out: negatives=reversed" in caplog.text
    assert "no column 'cell_type'" in caplog.text
    with pytest.raises(InputError, match="negatives=reversed"):
        run_benchmark(embedding, plain, Benchmark(negatives=["reversed"]))


def test_calibration_curve_counts_every_pair(datamodule: LinkDataModule) -> None:
    wanted = Benchmark(negatives=["uniform"], scores=["native"])
    curve = run_benchmark(random_embedding(datamodule), datamodule, wanted).calibration
    assert curve["count"].sum() == 2 * datamodule.split.test.shape[1]
    assert curve[["confidence", "frequency"]].to_numpy().min() >= 0


def dense() -> LinkDataModule:
    """A graph so dense that few unconnected pairs have the degrees of its test links."""
    connectome = random_connectome(1, neurons=12, edges=110)
    return LinkDataModule(connectome, SplitConfig(True, "random", 0.1, 0.3), steps_per_epoch=1)


def test_negatives_that_run_short_are_counted_in_audit_and_table() -> None:
    datamodule = dense()
    wanted = Benchmark(negatives=["uniform", "degree_matched"], scores=["native"])
    require_negatives(datamodule, wanted)
    split = datamodule.split
    evaluation = make_evaluation_pairs(datamodule.connectome, split, "degree_matched", "test")
    links, pairs = split.test.shape[1], [(int(i), int(j)) for i, j in evaluation.negatives.T]
    found = {"links": links, "absent": len(pairs), "absent_distinct": len({*pairs})}
    assert 0 < found["absent_distinct"] < found["absent"] < links  # or the graph shows nothing
    assert datamodule.audit.as_dict()["evaluation_pairs"]["degree_matched"]["test"] == found  # type: ignore[index]
    line = f"degree_matched: {len(pairs)} negatives ({len({*pairs})} different) for {links} links"
    assert line in datamodule.audit.line()
    assert "uniform" not in datamodule.audit.line()
    generator = torch.Generator().manual_seed(0)
    source, target = torch.randn(2, 12, 3, generator=generator)
    scorer = Embedding("random", datamodule.connectome.neuron_ids, source, target)
    table = run_benchmark(scorer, datamodule, wanted).scores
    rows = table[(table["negatives"] == "degree_matched") & (table["by"] == "all")]
    assert rows[["links", "absent", "absent_distinct"]].drop_duplicates().to_dict("records") == [
        found
    ]


def test_undirected_pairs_are_the_same_either_way_round() -> None:
    pairs = torch.tensor([[1, 2, 0], [2, 1, 3]])
    assert distinct_pairs(pairs, directed=True) == 3
    assert distinct_pairs(pairs, directed=False) == 2
    assert distinct_pairs(pairs[:, :0], directed=True) == 0


def test_the_record_names_all_that_the_tables_hold(datamodule: LinkDataModule) -> None:
    wanted = Benchmark(negatives="all", scores=["native"])
    table = run_benchmark(random_embedding(datamodule), datamodule, wanted).scores
    record = wanted.record(datamodule.connectome)
    ranked = table["negatives"] == "all_pairs"
    assert set(table.loc[~ranked, "metric"]) == set(record["metrics"])
    assert set(table.loc[ranked, "metric"]) == set(record["metrics_of_all_pairs"])
    assert set(table["negatives"]) - {"all_pairs"} == set(record["regimes"])
    assert set(table["by"]) - {"all"} == set(record["strata"])


@pytest.mark.parametrize(
    "new",
    [Metric("new", of_pairs=lambda pairs: 0.0), Metric("new", of_ranking=lambda ranking: 0.0),
     ("STRATA", ("synapses", "new")), ("REGIMES", {"uniform": None, "new": None})],
)  # fmt: skip
def test_a_complete_run_without_a_new_metric_is_scored_again(
    new: Metric | tuple[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connectome, wanted = random_connectome(0), Benchmark(negatives="all")
    run = RunFolder(tmp_path, {}, {})
    run.write("running")
    for file in (*NEEDED, SCORES, CALIBRATION):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text('{"method": "gae"}')
    run.write_complete(wanted.record(connectome))
    assert run.completed({}, wanted.record(connectome)) == {"method": "gae"}
    if isinstance(new, Metric):
        monkeypatch.setitem(METRICS, "new", new)
    else:
        monkeypatch.setattr(benchmark, *new)
    assert run.completed({}, wanted.record(connectome)) is None
    old = {"negatives": "all", "scores": ["native", "head"], "max_sources": 5000}
    run.write_complete(old)  # by a version that recorded less
    assert run.completed({}, wanted.record(connectome)) is None
