"""Four thousand types on six thousand neurons: legend, names on the map, dots by the processor."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from connectome.analysis.explorer import (
    Category,
    Explorer,
    MapView,
    Quantity,
    type_colours,
)
from connectome.display import Display
from tests.analysis.explorer.browser import Opened, opened_page

N, TYPES = 6000, 4000
# Type 0 has 1,001 neurons, type 1 501, type 2 251, type 3 251 and every other one.
MORE = np.repeat(np.arange(4), (1000, 500, 250, 250))
CODES = np.concatenate([np.arange(TYPES), MORE])
NAMES = ("LC10a", "LC10b", "LC9", "T4", *(f"X{k}_{k % 7}" for k in range(4, TYPES)))


def page_of() -> Explorer:
    """Dots on a lattice of 100 by 60, in rows."""
    place = np.stack([np.arange(N) % 100, np.arange(N) // 100], axis=1).astype(np.float32)
    colours = type_colours(NAMES, Display(), np.bincount(CODES))
    return Explorer(
        title="Many types",
        neuron_ids=np.arange(N),
        views=(MapView("vgae", 2, place, place, "A lattice."),),
        colours=(
            Category("cell type", CODES, NAMES, colours),
            Quantity("row", place[:, 1].copy()),
            Category("large types", np.where(CODES < 3, CODES, -1), NAMES, colours, "small"),
        ),
        edge_index=np.array([[0, 1], [1, 2]]),
        synapses=np.array([3, 4]),
        blocks=(),
        tables={},
        provenance={},
    )


PAGE = page_of()
PLACE = PAGE.views[0].position


@pytest.fixture(scope="module")
def tab(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened_page(browser, tmp_path_factory.mktemp("many"), PAGE) as opened:
        yield opened


@pytest.fixture
def fresh(tab: Opened) -> Opened:
    return tab.again()


def names(opened: Opened) -> list[str]:
    return opened.text("#legend .entry .name")


def test_the_legend_shows_the_largest_and_more_when_asked(fresh: Opened) -> None:
    rows = list(zip(names(fresh), fresh.text("#legend .entry .number"), strict=True))
    assert len(rows) == 200
    assert rows[:5] == [
        ("LC10a", "1,001"), ("LC10b", "501"), ("LC9", "251"), ("T4", "251"), ("X4_4", "1"),
    ]  # fmt: skip
    assert fresh.text("#legend-more") == ["200 more of 3,800"]
    fresh.page.click("#legend-more")
    assert len(names(fresh)) == 400


def test_the_legend_leaves_out_what_no_neuron_has(fresh: Opened) -> None:
    fresh.page.select_option("#colour", "large types")
    assert names(fresh) == ["LC10a", "LC10b", "LC9", "small"]
    assert fresh.page.locator("#legend-more").count() == 0


def test_the_legend_is_searched_and_what_it_finds_shown_alone(fresh: Opened) -> None:
    fresh.page.keyboard.press("s")
    fresh.page.keyboard.type("lc")
    assert names(fresh) == ["LC10a", "LC10b", "LC9"]
    assert fresh.text("#live") == ["3 categories in the legend"]
    assert fresh.page.evaluate("document.activeElement.id") == "legend-search"
    fresh.page.click("#only-found")
    assert fresh.page.locator("#legend .entry[aria-pressed=true]").count() == 3
    fresh.page.click("#choose-shown")
    assert len(fresh.state["chosen"]) == 1001 + 501 + 251
    assert fresh.text("#chosen h2") == ["1,753 neurons of the legend"]
    fresh.page.fill("#legend-search", "nothing")
    assert fresh.text("#legend .note") == ["No category is called like this."]


def test_the_legend_groups_by_prefix(fresh: Opened) -> None:
    fresh.page.select_option("#legend-order", "prefix")
    heads = fresh.text("#legend [data-family]")
    assert [" ".join(text.split()) for text in heads] == [
        "X 3,996 types 3,996", "LC 3 types 1,753",
    ]  # fmt: skip
    assert names(fresh)[-1] == "T4"  # alone with its prefix: it stands for itself
    fresh.page.click("[data-key='open LC']")
    assert names(fresh)[2:] == ["LC9", "LC10a", "LC10b", "T4"]
    fresh.page.click("[data-family=LC]")
    fresh.page.click("#choose-shown")
    assert len(fresh.state["chosen"]) == 1753


def test_a_hidden_category_is_neither_drawn_nor_picked(fresh: Opened) -> None:
    neuron = 4500  # of type 0, in the middle of its neighbours of the same type
    assert CODES[neuron - 101 : neuron + 102].max() == 0 or CODES[neuron] == 0
    place = fresh.place(PLACE)[neuron : neuron + 1]
    full = np.array(to_rgb(PAGE.colours[0].colours[0]))  # type: ignore[union-attr]
    fresh.page.uncheck("#names")
    wanted = 255 * (1 + (full - 1) * 225 / 255)
    np.testing.assert_allclose(fresh.colours_at(place)[0], wanted, atol=25)
    fresh.page.hover("#legend [data-code='0']")
    fresh.page.click("#legend [data-hide='0']")
    np.testing.assert_allclose(fresh.colours_at(place)[0], 255)
    fresh.page.mouse.click(*fresh.on_page(place[0]))
    assert fresh.state["selected"] is None
    fresh.page.click("#legend [data-hide='0']")
    fresh.page.mouse.click(*fresh.on_page(place[0]))
    assert fresh.state["selected"] == str(neuron)


def test_names_stand_at_the_median_place_and_never_over_each_other(fresh: Opened) -> None:
    shown = fresh.state["names"]
    assert 4 <= len(shown) <= 60
    assert shown[0]["text"] == "LC10a"
    own = np.sort(PLACE[CODES == 0], axis=0)[1001 // 2]
    there = fresh.place(own[None])[0]
    np.testing.assert_allclose([shown[0]["left"], shown[0]["top"]], there, atol=1e-3)
    tops = np.array([[one["left"], one["top"]] for one in shown])
    for k, one in enumerate(tops):
        near = np.abs(tops[:k] - one)
        assert not ((near[:, 1] < 15) & (near[:, 0] < 15)).any()
    fresh.page.focus("#overlay")
    fresh.page.keyboard.press("n")
    assert fresh.state["names"] == []
    fresh.page.select_option("#colour", "row")
    fresh.page.select_option("#colour", "cell type")
    assert fresh.state["names"] == []  # the reader has decided


def test_many_dots_are_drawn_by_the_processor_where_no_card_is(fresh: Opened) -> None:
    assert fresh.state["renderer"] == "Canvas2D"
    assert "drawn without a graphics card" in fresh.text("#status")[0]
    fresh.page.uncheck("#names")
    fresh.page.mouse.move(*fresh.on_page(fresh.place(PLACE)[3050]))
    for _ in range(6):
        fresh.page.mouse.wheel(0, -250)
    fresh.page.evaluate("new Promise((resolve) => { setTimeout(resolve, 250); })")
    camera = fresh.state["camera"]
    places = fresh.place(PLACE)
    end = [camera["width"] - 80, camera["height"] - 30]
    inside = ((places > 30) & (places < end)).all(axis=1)
    assert 3 < inside.sum() < 3000
    colours = np.array([to_rgb(one) for one in PAGE.colours[0].colours])  # type: ignore[union-attr]
    wanted = 255 * (1 + (colours[CODES[inside]] - 1) * 225 / 255)
    drawn = fresh.colours_at(places[inside])
    assert np.median(np.abs(drawn - wanted)) < 6


def test_a_lone_few_are_drawn_above_the_others(fresh: Opened) -> None:
    fresh.page.uncheck("#names")
    places = fresh.place(PLACE)[[2000, 2001]]
    above = """(places) => places.map(([left, top]) => [...document.getElementById('overlay')
      .getContext('2d').getImageData(left, top, 1, 1).data])"""
    before = fresh.page.evaluate(above, places.tolist())
    assert before == [[0] * 4] * 2
    fresh.page.fill("#search", NAMES[2000])
    fresh.page.keyboard.press("Enter")
    fresh.page.evaluate("new Promise(requestAnimationFrame)")
    dot, neighbour = fresh.page.evaluate(above, places.tolist())
    full = 255 * np.array(to_rgb(PAGE.colours[0].colours[2000]))  # type: ignore[union-attr]
    np.testing.assert_allclose(dot, [*full, 255], atol=2)
    assert neighbour == [0] * 4
