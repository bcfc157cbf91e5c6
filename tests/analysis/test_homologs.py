from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.latent import homolog_table, plot_homologs
from connectome.analysis.latent.homologs import sides
from connectome.analysis.plotting import save_figure
from connectome.data.neurons import HEMISPHERE_COLUMN as HEMISPHERE
from connectome.data.readers.larva_brain import read_larva_brain
from connectome.data.tabular import assemble
from connectome.types import Connectome, InputError, NotApplicableError
from tests.conftest import random_connectome

PAIRS, LONELY = 30, 4


def mirrored_connectome(seed: int = 0) -> Connectome:
    """Left-right symmetric wiring in shuffled rows, with neurons that have no homolog."""
    rng = np.random.default_rng(seed)
    left, right = np.arange(PAIRS), np.arange(PAIRS) + 100
    pre, post = np.unique(rng.integers(0, PAIRS, (2, 240)), axis=1)
    across = rng.random(len(pre)) < 0.4
    edges = [
        (left[pre], np.where(across, right[post], left[post])),
        (right[pre], np.where(across, left[post], right[post])),
        (np.arange(200, 200 + LONELY), left[:LONELY]),
    ]
    weights = rng.integers(1, 9, len(pre)).astype(float)
    ids = rng.permutation(np.concatenate([left, right, np.arange(200, 200 + LONELY)]))
    table = pd.DataFrame(
        {
            HEMISPHERE: np.select([ids < 100, ids < 200, ids < 202], ["left", "right", "left"], ""),
            "pair_id": pd.array(
                np.select([ids < 100, ids < 200], [ids + 100, ids - 100], -1), dtype="Int64"
            ),
        }
    )
    table.loc[ids >= 200, "pair_id"] = pd.NA
    sources, targets = (np.concatenate(side) for side in zip(*edges, strict=True))
    synapses = np.concatenate([weights, weights, np.ones(LONELY)])
    return replace(assemble("mirrored", ids, sources, targets, synapses), neurons=table)


def factors_of(connectome: Connectome) -> dict[str, np.ndarray]:
    """Factors that homologs share up to a reflection."""
    rng = np.random.default_rng(5)
    shared = rng.normal(size=(300, 3))
    ids = connectome.neuron_ids
    values = shared[ids % 100]
    values[ids < 100, 0] *= -1
    return {"turned": values}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    connectome = mirrored_connectome()
    return homolog_table(connectome, factors_of(connectome), folds=3, known=(0.0, 0.5))


def hits(table: pd.DataFrame, embedding: str, matcher: str, known: float) -> float:
    rows = table[(table["neurons"] == "all") & (table["known"] == known)]
    row = rows[(rows["embedding"] == embedding) & (rows["matcher"] == matcher)]
    return float(row["hits@1"].iloc[0])


def test_alignment_by_known_pairs_finds_what_a_reflection_hides(table: pd.DataFrame) -> None:
    assert hits(table, "turned", "nearest neighbour", 0.5) < 0.6
    assert hits(table, "turned", "aligned", 0.5) == 1
    assert hits(table, "turned", "one-to-one", 0.5) == 1


def test_symmetric_wiring_is_matched(table: pd.DataFrame) -> None:
    assert hits(table, "wiring alone", "bisected graph matching", 0.5) > 0.9
    assert hits(table, "turned", "bisected graph matching", 0.5) > 0.9


def test_chance_and_candidates_follow_from_the_counts(table: pd.DataFrame) -> None:
    sizes = 32, 30  # two of the four lonely neurons are left, the others of no known side
    chance = table[table["matcher"] == "chance"].set_index("known")
    expected = np.mean([1 / (size - 15) for size in sizes])
    assert chance.loc[0.5, "hits@1"] == pytest.approx(expected)
    assert chance.loc[0.5, "candidates"] == 31 - 15
    assert chance.loc[0.5, "known_pairs"] == 15
    assert (table["held_out"] == PAIRS).all()


def test_no_alignment_without_known_pairs(table: pd.DataFrame) -> None:
    unseeded = table[table["known"] == 0]
    assert "aligned" not in set(unseeded["matcher"])
    paired = table[table["neurons"] == "paired"]
    assert list(paired["matcher"]) == ["graph matching", "bisected graph matching"]
    assert (paired["candidates"] == PAIRS).all()


def test_equal_seeds_give_equal_tables() -> None:
    connectome = mirrored_connectome()
    again = [
        homolog_table(connectome, factors_of(connectome), folds=3, seed=4, known=(0.5,))
        for _ in range(2)
    ]
    pd.testing.assert_frame_equal(*again)


def test_held_out_truth_has_no_influence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Partners of pairs that are not known are exchanged: every prediction stays the same."""
    from connectome.analysis.latent import homologs as module

    connectome = mirrored_connectome()
    seen: list[np.ndarray] = []
    real_metrics, real_sides = module.homolog_metrics, module.sides
    pairs = real_sides(connectome).pairs
    given = np.array_split(np.random.default_rng(0).permutation(pairs), 2)[1]  # in the first fold

    def record(similarity: np.ndarray, truth: np.ndarray, known: np.ndarray) -> object:
        if np.array_equal(known, given[: len(known)]):
            seen.append(similarity)
        return real_metrics(similarity, truth, known)

    def exchanged(connectome: Connectome) -> module.Sides:
        both = real_sides(connectome)
        # With two folds and the second half known in the first fold, the first half is held out.
        first = np.array_split(np.random.default_rng(0).permutation(len(both.pairs)), 2)[0]
        pairs = both.pairs.copy()
        pairs[first, 1] = np.roll(pairs[first, 1], 1)
        return module.Sides(both.left, both.right, pairs)

    monkeypatch.setattr(module, "homolog_metrics", record)
    predictions = []
    for read in (real_sides, exchanged):
        monkeypatch.setattr(module, "sides", read)
        seen.clear()
        homolog_table(connectome, factors_of(connectome), folds=2, known=(0.5,))
        predictions.append(seen.copy())  # in the first of the two folds, of every method
    assert len(predictions[0]) == 7
    for honest, shuffled in zip(*predictions, strict=True):
        assert np.array_equal(honest, shuffled)


def test_what_is_missing_is_named(tiny: Connectome) -> None:
    connectome = mirrored_connectome()
    with pytest.raises(NotApplicableError, match="hemisphere"):
        sides(tiny)
    one_sided = connectome.neurons.assign(hemisphere="left")
    with pytest.raises(NotApplicableError, match="no pair"):
        sides(replace(connectome, neurons=one_sided))
    no_pairs = replace(connectome, neurons=connectome.neurons[[HEMISPHERE]])
    with pytest.raises(NotApplicableError, match="pair_id"):
        sides(no_pairs)


def test_bad_arguments_are_named() -> None:
    connectome = mirrored_connectome()
    factors = factors_of(connectome)
    with pytest.raises(InputError, match="folds=1"):
        homolog_table(connectome, factors, folds=1)
    with pytest.raises(InputError, match=r"known=0\.9"):
        homolog_table(connectome, factors, known=(0.9,))
    with pytest.raises(InputError, match="factors of short"):
        homolog_table(connectome, {"short": factors["turned"][:-1]})
    with pytest.raises(InputError, match="NaN"):
        homolog_table(connectome, {"bad": factors["turned"] * np.nan})


def test_figure_is_written(table: pd.DataFrame, tmp_path: Path) -> None:
    figure = plot_homologs(table, "mirrored", [("one", 0.637), ("another", 0.8554)])
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert labels == ["one: 0.637", "another: 0.855"]
    assert len(figure.legends[0].get_texts()) == 7
    paths = save_figure(figure, tmp_path, "homologs")
    assert [path.suffix for path in paths] == [".png", ".svg"]
    assert "<svg" in paths[1].read_text()


def test_random_wiring_has_no_homologs_to_find() -> None:
    plain = random_connectome(0, neurons=40, edges=300)
    ids = plain.neuron_ids
    other = np.roll(ids, 20)
    side = np.repeat(["left", "right"], 20)
    neurons = pd.DataFrame({HEMISPHERE: side, "pair_id": pd.array(other, dtype="Int64")})
    table = homolog_table(replace(plain, neurons=neurons), {}, folds=4, known=(0.5,))
    assert hits(table, "wiring alone", "bisected graph matching", 0.5) < 0.35


@pytest.mark.slow
def test_larval_homologs_are_found_from_the_wiring(larva_archive: Path) -> None:
    larva = read_larva_brain(str(larva_archive))
    assert len(sides(larva).pairs) == 1235
    table = homolog_table(larva, {}, known=(0.8,))
    assert hits(table, "wiring alone", "bisected graph matching", 0.8) > 0.86
    assert hits(table, "none", "chance", 0.8) < 0.005
