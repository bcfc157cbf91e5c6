"""Maps of wide embeddings: right by hand, the same on every run, honest where there is none."""

from pathlib import Path

import numpy as np
import pytest

from connectome.analysis.latent import COMPONENTS, UMAP, FlatMap, flat, flat_map, kept_map
from connectome.analysis.latent.flat import MAP
from connectome.metrics.neurons import MapQuality, map_qualities
from connectome.models.maps import MapSettings, plane, umap_map
from connectome.models.maps.neighbour_map import neighbour_graph, neighbour_weights, start
from connectome.types import InputError, NotApplicableError


def map_quality(wide: np.ndarray, flat: np.ndarray, *more: int, **options: int) -> MapQuality:
    return map_qualities(wide, [flat], *more, **options)[0]


def blobs(copies: int = 20) -> np.ndarray:
    """``[60 + copies, 5]``: three groups far apart, and neurons in one place."""
    rng = np.random.default_rng(0)
    centres = np.repeat(np.eye(5)[:3] * 20, 20, axis=0)
    return np.concatenate([centres + rng.standard_normal((60, 5)), np.zeros((copies, 5))])


@pytest.fixture(scope="module")
def mapped() -> np.ndarray:
    return umap_map(blobs())


def test_groups_stay_together_and_a_second_run_gives_the_same_bits(mapped: np.ndarray) -> None:
    assert mapped.shape == (80, 2)
    assert mapped.dtype == np.float32
    centres = mapped[:60].reshape(3, 20, 2).mean(axis=1)
    nearest = np.linalg.norm(mapped[:60, None] - centres, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, np.repeat([0, 1, 2], 20))
    assert umap_map(blobs()).tobytes() == mapped.tobytes()
    assert umap_map(blobs(), MapSettings(seed=1)).tobytes() != mapped.tobytes()


def test_it_keeps_more_neighbours_than_components(mapped: np.ndarray) -> None:
    wide = blobs()[:60]
    assert map_quality(wide, mapped[:60], 5).recall > map_quality(wide, plane(wide), 5).recall


def test_weights_by_hand() -> None:
    # One at 1 and two at 1 + x: 1 + 2 exp(-x / s) = log2(4) = 2, so that both weigh a half.
    np.testing.assert_allclose(
        neighbour_weights(np.array([[0.0, 1.0, 4.0, 4.0]])), [[1, 1, 0.5, 0.5]], atol=1e-6
    )


def test_weights_of_copies_are_finite_and_whole() -> None:
    assert (neighbour_weights(np.zeros((2, 4))) == 1).all()


def test_a_graph_joins_what_either_side_says() -> None:
    # 0 holds on to 1 with weight 1, and 1 to 2; 2 to 1. Itself is nobody's neighbour.
    graph = neighbour_graph(
        np.array([[0.0, 1], [0, 1], [0, 1]]), np.array([[0, 1], [1, 2], [2, 1]])
    )
    np.testing.assert_allclose(graph.toarray(), [[0, 1, 0], [1, 0, 1], [0, 1, 0]])


def test_the_start_has_no_arbitrary_sign() -> None:
    points = np.array([[3.0, 0, 0], [-1, 0, 1], [-1, 0, -1], [-1, 0, 0]])
    np.testing.assert_allclose(start(points), start(points @ np.diag([-1.0, 1, 1])) * [1, 1])
    assert np.abs(start(points)).max() == 10


@pytest.mark.parametrize(
    ("points", "why"),
    [
        (np.zeros((500, 4)), "1 different places are too few"),
        (np.arange(80.0).reshape(20, 4), "20 different places"),
        (np.full((50, 4), np.nan), "not finite"),
    ],
)
def test_what_has_no_map_says_why(points: np.ndarray, why: str) -> None:
    with pytest.raises(NotApplicableError, match=why):
        umap_map(points)


@pytest.mark.parametrize("wrong", [{"neighbours": 1}, {"min_dist": 1.0}, {"min_dist": -0.1}])
def test_wrong_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        MapSettings(**wrong)  # type: ignore[arg-type]


def test_quality_of_the_space_itself_is_one() -> None:
    wide = np.random.default_rng(0).standard_normal((40, 2))
    quality = map_quality(wide, wide * 3 + 1)
    assert (quality.trustworthiness, quality.recall) == (1.0, 1.0)
    assert (quality.neighbours, quality.queries) == (15, 40)


def test_quality_by_hand() -> None:
    # On a line 0 1 2 10 11; the map swaps the places of 2 and 10. k = 1, n = 5.
    wide = np.array([[0.0, 0], [1, 0], [2, 0], [10, 0], [11, 0]])
    flat_one = wide[[0, 1, 3, 2, 4]]
    # Nearest on the map: 0 -> 1, 1 -> 0 or 3 (equal), 2 -> 4, 3 -> 1, 4 -> 2. In the space: 0 -> 1,
    # 1 -> 0 and 2, 2 -> 1, 3 -> 4, 4 -> 3. Ranks: 2 -> 4 is fourth, 3 -> 1 third, 4 -> 2 second.
    quality = map_quality(wide, flat_one, neighbours=1)
    assert quality.recall == pytest.approx(2 / 5)
    worst = 5 * 1 * (2 * 5 - 3 - 1) / 2
    low, high = 1 - (3 + 2 + 1 + 2) / worst, 1 - (3 + 2 + 1) / worst
    assert quality.trustworthiness in (pytest.approx(low), pytest.approx(high))


def test_quality_agrees_with_the_slow_way() -> None:
    from sklearn.manifold import trustworthiness

    rng = np.random.default_rng(1)
    wide, places = rng.standard_normal((90, 6)), rng.standard_normal((90, 2))
    expected = trustworthiness(wide, places, n_neighbors=15)
    assert map_quality(wide, places).trustworthiness == pytest.approx(expected)


def test_quality_of_a_sample_is_repeatable_and_near() -> None:
    rng = np.random.default_rng(2)
    wide = rng.standard_normal((600, 4))
    every, some = (map_quality(wide, wide[:, :2], most_queries=most) for most in (600, 200))
    assert some.queries == 200
    assert some == map_quality(wide, wide[:, :2], most_queries=200)
    assert some.recall == pytest.approx(every.recall, abs=0.05)


def test_maps_are_judged_together_as_each_alone() -> None:
    rng = np.random.default_rng(3)
    wide, strewn = rng.standard_normal((300, 4)), rng.standard_normal((300, 2))
    together = map_qualities(wide, [wide[:, :2], strewn], most_queries=100)
    assert together == [map_quality(wide, flat, most_queries=100) for flat in (wide[:, :2], strewn)]
    assert together[0].recall > together[1].recall


def test_at_most_two_dimensions_stay_as_they_are() -> None:
    points = np.arange(8.0).reshape(4, 2)
    made = flat_map(points, "2 factors")
    np.testing.assert_array_equal(made.position, points)
    assert made.quality is None
    assert made.how == "The two latent dimensions, as they are."
    assert "one latent dimension" in flat_map(points[:, :1], "1 factors").how


def test_a_map_says_what_it_keeps_and_what_components_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flat, "umap_map", lambda factors, *_: factors[:, :2].astype("f4"))
    points = blobs()
    made = flat_map(points, "5 factors")
    assert made.name == "UMAP"
    assert made.how.startswith("UMAP of the 5 factors (15 neighbours, seed 0): trustworthiness ")
    assert "First two principal components of the 5 factors: trustworthiness " in made.how
    plain = flat_map(points, "5 factors", COMPONENTS)
    assert made.beside is not None
    np.testing.assert_array_equal(made.beside.position, plain.position)
    assert made.beside.how == plain.how
    assert plain.beside is None
    np.testing.assert_allclose(plain.position, plane(points), rtol=1e-6)
    assert plain.quality == made.components


def test_too_few_neurons_fall_back_and_say_so(caplog: pytest.LogCaptureFixture) -> None:
    points = np.random.default_rng(0).standard_normal((12, 4))
    made = flat_map(points, "4 factors", UMAP)
    assert made.name == COMPONENTS
    assert "no UMAP, since 12 different places are too few" in made.how
    assert "no UMAP" in caplog.text


def test_an_unknown_map_is_refused() -> None:
    with pytest.raises(InputError, match="map=tsne: choose one of umap, components"):
        flat_map(blobs(), "5 factors", "tsne")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each map that was made."""
    made: list[int] = []

    def stand_in(factors: np.ndarray, *_: object) -> np.ndarray:
        made.append(len(factors))
        return factors[:, :2].astype(np.float32)

    monkeypatch.setattr(flat, "umap_map", stand_in)
    return made


def asked(points: np.ndarray, folder: Path, seed: int = 0) -> FlatMap:
    return flat_map(points, "5 factors", UMAP, folder, seed)


def test_a_map_is_made_once(tmp_path: Path, counted: list[int]) -> None:
    first, again = (asked(blobs(), tmp_path) for _ in range(2))
    np.testing.assert_array_equal(first.position, again.position)
    assert counted == [80]


def test_a_map_of_other_factors_or_settings_is_made_anew(
    tmp_path: Path, counted: list[int]
) -> None:
    asked(blobs(), tmp_path)
    asked(blobs() * 2, tmp_path)
    asked(blobs() * 2, tmp_path, seed=1)
    assert counted == [80, 80, 80]


def test_a_kept_map_is_found_and_none_is_made(tmp_path: Path, counted: list[int]) -> None:
    assert kept_map(blobs(), tmp_path).name == COMPONENTS
    made = asked(blobs(), tmp_path)
    found = kept_map(blobs(), tmp_path)
    np.testing.assert_array_equal(found.position, made.position)
    assert (found.name, found.how) == ("UMAP", "UMAP of the factors (15 neighbours, seed 0)")
    assert kept_map(blobs(), tmp_path, seed=1).name == COMPONENTS
    assert kept_map(blobs() * 2, tmp_path).how == "first two principal components of the factors"
    narrow = blobs()[:, :2].astype(np.float32)
    np.testing.assert_array_equal(kept_map(narrow, tmp_path).position, narrow)
    assert counted == [80]


def test_a_damaged_map_is_made_anew(
    tmp_path: Path, counted: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / MAP).write_bytes(b"no archive")
    asked(blobs(), tmp_path)
    assert counted == [80]
    assert "it is made again" in caplog.text


def test_a_map_that_cannot_be_kept_is_shown(
    tmp_path: Path, counted: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "file"
    file.touch()  # no folder, so that nothing can be written in it
    assert len(asked(blobs(), file).position) == 80
    assert "not kept" in caplog.text
