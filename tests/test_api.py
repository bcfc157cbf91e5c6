"""A few lines of Python do what the programs do."""

import logging
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import connectome
from connectome import api
from connectome.analysis.export import to_frame
from connectome.config import load_config
from connectome.runs import load_details, load_json, load_scorer
from connectome.scores import Embedding
from connectome.training.batching import EdgeBatches
from connectome.types import Connectome, InputError, NotApplicableError
from tests.programs import run_program

QUICK: dict[str, Any] = {"max_epochs": 2}
BIG = 2**60 + 1  # a float would round it
COUNTS = {"count_weight": 0.1}


@pytest.fixture(scope="module")
def fitted(mushroom: Connectome) -> api.Fitted:
    return api.fit(mushroom, trainer=QUICK)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"latent_dim": 3, "seed": 4, "hidden_dim": 8},
            ("experiment=latent_map", "latent_dim=3", "seed=4", "model.hidden_dim=8"),
        ),
        (
            {"model": "factor", "protocol": "random", "directed": True},
            ("model=factor", "split.protocol=random", "split.directed=true"),
        ),
        (
            {"model": "directed_gae", "protocol": "random", "directed": True, "heads": COUNTS},
            (
                *("model=directed_gae", "model.heads.count_weight=0.1"),
                *("split.protocol=random", "split.directed=true"),
            ),
        ),
        (
            {
                "model": "gae",
                "protocol": "random",
                "batch": EdgeBatches(500, (5, 5)),
                "steps_per_epoch": 3,
            },
            (
                *("model=gae", "split.protocol=random", "batch=edges", "batch.edges=500"),
                *("batch.fanouts=[5,5]", "steps_per_epoch=3"),
            ),
        ),
    ],
)
def test_the_same_as_train(
    mushroom: Connectome, tmp_path: Path, options: dict[str, Any], words: tuple[str, ...]
) -> None:
    quick = ("trainer.max_epochs=2", "logger=none", "~callbacks.progress")
    done = run_program("train.py", *words, *quick, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [path] = tmp_path.rglob("embedding.npz")
    trained = load_scorer(path)
    assert isinstance(trained, Embedding)
    here = api.fit(mushroom, trainer=QUICK, **options)
    assert torch.equal(here.embedding.source, trained.source)
    assert torch.equal(here.embedding.target, trained.target)
    assert here.embedding.method == trained.method
    assert here.embedding.data_fingerprint == trained.data_fingerprint == mushroom.fingerprint
    metrics = load_json(path.with_name("metrics.json"))
    for name in here.metrics.keys() - {"seconds"}:
        assert here.metrics[name] == metrics[name], name
    ours, theirs = here.details.counts, load_details(path.parent).counts
    assert (ours is None) == (theirs is None) == ("heads" not in options)
    if ours is not None and theirs is not None:
        links = here.split.val
        assert torch.equal(ours.expected_synapses(links), theirs.expected_synapses(links))


def test_seeds_tell_fits_apart(mushroom: Connectome, fitted: api.Fitted) -> None:
    again, other = (api.fit(mushroom, seed=seed, trainer=QUICK) for seed in (0, 1))
    assert torch.equal(fitted.embedding.source, again.embedding.source)
    assert not torch.equal(fitted.embedding.source, other.embedding.source)


def test_without_asking_it_fits_what_the_latent_map_fits() -> None:
    config = load_config(["experiment=latent_map"])
    defaults = {k: p.default for k, p in signature(api.fit).parameters.items()}
    assert config.model == load_config([f"model={defaults['model']}"]).model
    assert config.latent_dim == defaults["latent_dim"]
    assert config.seed == defaults["seed"]
    assert config.split.protocol == defaults["protocol"]
    assert config.split.directed == defaults["directed"]


def test_fit_leaves_nothing_behind(
    tiny: Connectome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    logger = logging.getLogger("pytorch_lightning")
    before = logger.level, torch.get_deterministic_debug_mode(), torch.get_rng_state().tolist()
    api.fit(tiny, trainer=QUICK)
    after = logger.level, torch.get_deterministic_debug_mode(), torch.get_rng_state().tolist()
    assert after == before
    with pytest.raises(InputError, match="learning_rate"):
        api.fit(tiny, learning_rate=-1.0)
    assert torch.get_deterministic_debug_mode() == before[1]
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")


def test_data_are_used_as_they_are(tiny: Connectome) -> None:
    here = api.fit(tiny, protocol="random", trainer=QUICK)
    assert here.connectome is tiny
    assert here.embedding.neuron_ids.tolist() == tiny.neuron_ids.tolist()
    assert here.embedding.data_fingerprint == tiny.fingerprint
    assert (here.split.protocol, here.split.directed) == ("random", False)
    assert {"test/auc", "val/auc"} <= here.metrics.keys()
    assert repr(here).startswith("<vgae, d = 2 of 40 neurons of random, test AUC 0.")


def test_whole_has_no_test(fitted: api.Fitted) -> None:
    assert "train/auc" in fitted.metrics
    assert "test/auc" not in fitted.metrics
    assert fitted.split.test.shape == (2, 0)
    assert ", train AUC 0." in repr(fitted)


def test_embed(fitted: api.Fitted) -> None:
    frame = api.embed(fitted)
    assert {"neuron_id", "cell_type", "source_0", "source_1"} <= set(frame)
    np.testing.assert_array_equal(frame[["source_0", "source_1"]], fitted.embedding.source)
    bare = to_frame(fitted.embedding)
    pd.testing.assert_frame_equal(api.embed(fitted.embedding), bare)
    assert "cell_type" not in bare


def test_methods_without_factors_only_score(tiny: Connectome) -> None:
    here = api.fit(tiny, model="common_neighbours")
    assert repr(here).startswith("<common_neighbours of 40 neurons")
    for get in (lambda: here.embedding, lambda: api.embed(here)):
        with pytest.raises(NotApplicableError, match="common_neighbours: has no factors"):
            get()
    both = {frozenset(pair) for pair in tiny.edge_index.T.tolist() if pair[0] != pair[1]}
    partners = [{k for pair in both if i in pair for k in pair - {i}} for i in (3, 5)]
    ids = tiny.neuron_ids[[3, 5]].tolist()
    assert api.score(here, [ids[0]], [ids[1]]).tolist() == [len(partners[0] & partners[1])]


def by_hand(ids: list[int] | list[str]) -> Embedding:
    return Embedding(
        method="hand",
        neuron_ids=np.array(ids),
        source=torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]),
        target=torch.tensor([[3.0, 0.0], [0.0, 1.0], [5.0, 7.0]]),
        source_bias=torch.tensor([0.0, 10.0, 20.0]),
        target_bias=torch.tensor([100.0, 200.0, 300.0]),
        scale=2.0,
        offset=0.5,
    )


@pytest.mark.parametrize("ids", [[BIG, BIG + 1, -3], ["007", "7", "x"]])
@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series, pd.Index, pd.Categorical])
def test_scores_by_hand(ids: list[Any], kind: Callable[[Any], Any]) -> None:
    embedding = by_hand(ids)
    scores = api.score(embedding, kind([ids[0], ids[1]]), kind([ids[2], ids[0]]))
    # 2 * (1, 0).(5, 7) + 0 + 300 + 0.5 and 2 * (0, 2).(3, 0) + 10 + 100 + 0.5
    assert scores.tolist() == [310.5, 110.5]
    # 2 * (1, 1).(0, 1) + 20 + 200 + 0.5 and 2 * (1, 1).(5, 7) + 20 + 300 + 0.5
    assert api.score(embedding, ids[2], kind([ids[1], ids[2]])).tolist() == [222.5, 344.5]
    assert api.score(embedding, ids[2], ids[1]).tolist() == [222.5]
    assert api.score(embedding, [], []).tolist() == []


def test_nullable_ids() -> None:
    ids = pd.array([BIG + 1], dtype="Int64")
    assert api.score(by_hand([BIG, BIG + 1, 5]), ids, [BIG]).tolist() == [110.5]


@pytest.mark.parametrize(
    ("pre", "post", "message"),
    [
        ([BIG], [4], "4: no neuron of this id among the 3 that hand was fitted to"),
        ([float(BIG)], [5], "ids of these neurons are integers"),
        (["5"], [5], "ids such as 5: the ids of these neurons are integers"),
        ([5, None], [5, 5], "ids of these neurons are integers"),
        ([5, 5], [5, 5, 5], "2 presynaptic and 3 postsynaptic ids; give pairs"),
    ],
)
def test_ids_that_are_not_there(pre: list[Any], post: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        api.score(by_hand([BIG, BIG + 1, 5]), pre, post)


def test_ids_in_a_tensor_or_an_array_without_a_dimension() -> None:
    embedding = by_hand([BIG, BIG + 1, 5])
    assert api.score(embedding, torch.tensor([BIG + 1]), np.array(BIG)).tolist() == [110.5]


def test_a_set_of_ids_has_no_order() -> None:
    with pytest.raises(InputError, match="ids in a set: give a list, which has an order"):
        api.score(by_hand([BIG, BIG + 1, 5]), {BIG, 5}, [5, BIG])  # type: ignore[arg-type]


def test_integers_do_not_stand_for_names() -> None:
    with pytest.raises(InputError, match="ids such as 7: the ids of these neurons are strings"):
        api.score(by_hand(["7", "8", "9"]), 7, 8)


def test_load(tmp_path: Path) -> None:
    assert api.load(side="left").num_neurons == 209
    edges = tmp_path / "mine.csv"
    edges.write_text(f"pre,post,n\n{BIG},2,3\n2,{BIG},1\n")
    mine = api.load("table", edges=edges, synapses="n", min_synapses=np.int64(2))
    assert mine.neuron_ids.tolist() == [2, BIG]
    assert mine.synapses.tolist() == [3]


def test_load_larva_brain(larva_archive: Path) -> None:
    assert api.load("larva_brain", archive=larva_archive).num_neurons == 2952


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda _: api.load("tabel"), "data 'tabel': choose one of .*flywire_right, .*larva_brain"),
        (lambda _: api.load("table"), r"load\('table'\): edges has no default; give edges="),
        (
            lambda _: api.load(sid="left"),
            r"data\.sid: unknown option \(did you mean data\.side\?\)",
        ),
        (lambda _: api.load(side="top"), "choose one of left, right"),
        (lambda data: api.fit(data, model="vgea"), "model 'vgea': choose one of adamic_adar"),
        (lambda data: api.fit(data, hiden_dim=3), r"did you mean model\.hidden_dim\?"),
        (lambda data: api.fit(data, config=3), "config: unknown option"),
        (lambda data: api.fit(data, hidden_dim="a"), "model.hidden_dim=a: must be int"),
        (lambda data: api.fit(data, latent_dim="two"), "latent_dim=two: must be int"),
        (lambda data: api.fit(data, latent_dim=99), "latent_dim=99: the graph has 40 neurons"),
        (lambda data: api.fit(data, protocol="all"), "split.protocol=all: choose one of random"),
        (
            lambda data: api.fit(data, trainer={"max_epoch": 3}),
            "did you mean trainer.max_epochs",
        ),
        (lambda data: api.fit(data, trainer={"devices": 2}), "fit uses one device; use train.py"),
        (lambda data: api.fit(data, trainer={"devices": "auto"}), "devices=auto: fit uses one"),
        (lambda data: api.fit(data, trainer={"logger": object()}), "logger=<object"),
        (lambda data: api.fit(data, batch="edges"), "batch=edges: must be EdgeBatches or null"),
        (lambda data: api.fit(data, "spectral", batch=EdgeBatches(9, (2,))), "graph whole"),
        (lambda data: api.fit(data, protocol="orbit"), "has no column 'pair_id'"),
        (lambda data: api.fit(data, protocol="neuron"), "learns nothing of a neuron"),
    ],
)
def test_what_is_wrong_is_named(
    tiny: Connectome, call: Callable[[Connectome], object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        call(tiny)


STRANGE = (None, 5.5, {}, "x", object(), [None], np.array([1, 2]), 10**20, {1: 2})


ARGUMENTS = ("connectome", "model", "latent_dim", "seed", "protocol", "directed", "trainer")
MORE_ARGUMENTS = ("batch", "progress", "features", "steps_per_epoch", "hidden_dim")
NULLABLE = ("trainer", "batch", "steps_per_epoch")


WRONG = [
    pytest.param(argument, value, id=f"{argument}-{type(value).__name__}")
    for argument in (*ARGUMENTS, *MORE_ARGUMENTS)
    for value in STRANGE
    if not (value is None and argument in NULLABLE)
    and not (argument == "trainer" and isinstance(value, dict) and not value)
]


@pytest.mark.parametrize(("argument", "value"), WRONG)
def test_arguments_of_another_type_are_named(
    tiny: Connectome, argument: str, value: object
) -> None:
    given: dict[str, Any] = {"connectome": tiny, "trainer": QUICK, argument: value}
    with pytest.raises(InputError, match=rf"^(split\.|model\.)?{argument}\b"):
        api.fit(**given)


@pytest.mark.parametrize("value", STRANGE, ids=lambda value: type(value).__name__)
def test_other_objects_are_neither_loaded_nor_scored(value: object) -> None:
    for call in (
        lambda: api.load(value),  # type: ignore[arg-type]
        lambda: api.load(side=value),
        lambda: api.load("table", edges=value),
        lambda: api.embed(value),  # type: ignore[arg-type]
        lambda: api.score(value, [1], [2]),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError):
            call()


def test_the_package_has_the_four_words() -> None:
    assert connectome.__all__ == ["Fitted", "embed", "fit", "load", "score"]
    for name in connectome.__all__:
        assert getattr(connectome, name) is getattr(api, name)
        assert name in dir(connectome)
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        connectome.fitt  # noqa: B018


def test_links_between_two_brains_are_not_scored() -> None:
    both = connectome.load("mushroom_body", side="both")
    fitted = connectome.fit(both, model="lse", latent_dim=2, directed=True)
    assert connectome.score(fitted, "R-K-001", ["R-I-001"]).shape == (1,)
    with pytest.raises(InputError, match="a pair of neurons of two brains"):
        connectome.score(fitted, "R-K-001", ["L-I-001"])
