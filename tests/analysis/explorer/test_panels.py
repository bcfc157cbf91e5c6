import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connectome.analysis.explorer import Category, write_explorer
from connectome.analysis.explorer.page import halves
from connectome.data.tabular.spreadsheets import guard
from tests.analysis.explorer.browser import Opened, opened_page
from tests.analysis.explorer.pages import FIRST_ID, TABLE, N, small_page

PAGE = small_page()
IDS = [str(number) for number in PAGE.neuron_ids]


@pytest.mark.parametrize("neuron", [0, 1, N - 1])
def test_search_finds_ids_that_no_javascript_number_holds(opened: Opened, neuron: int) -> None:
    assert float(FIRST_ID) == float(FIRST_ID - 1)
    opened.find(IDS[neuron])
    assert opened.state["selected"] == IDS[neuron]
    assert opened.text("#neuron-id") == [IDS[neuron]]


def test_search_suggests_what_begins_alike(opened: Opened) -> None:
    prefix = IDS[0][:-1]
    alike = [name for name in IDS if name.startswith(prefix)][:8]
    opened.page.fill("#search", prefix)
    assert [text.split("\n")[0] for text in opened.text("#suggestions li")] == alike
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("ArrowDown")
    opened.page.keyboard.press("Enter")
    assert opened.state["selected"] == alike[1]
    opened.page.fill("#search", "nothing")
    assert opened.text("#suggestions li") == [
        "No neuron id begins like this, and no type is called like it."
    ]


@pytest.mark.parametrize("view", [0, 1])
def test_neighbours_are_those_of_brute_force(opened: Opened, view: int) -> None:
    opened.choose_view(view)
    stored, scale = halves(PAGE.views[view].latent)
    for neuron in (0, 17):
        opened.find(IDS[neuron])
        distance = np.linalg.norm(stored.astype(float) - stored[neuron], axis=1)
        near = [k for k in np.argsort(distance, kind="stable") if k != neuron][:10]
        assert opened.text("#neighbours .name") == [IDS[k] for k in near]
        shown = [float(text) for text in opened.text("#neighbours .number")]
        np.testing.assert_allclose(shown, scale * distance[near], rtol=1e-3)


@pytest.mark.parametrize(("direction", "side"), [("in", 1), ("out", 0)])
def test_partners_are_those_of_the_edges(opened: Opened, direction: str, side: int) -> None:
    for neuron in (5, 28):
        opened.find(IDS[neuron])
        mine = PAGE.edge_index[side] == neuron
        edges = zip(-PAGE.synapses[mine], PAGE.edge_index[1 - side][mine], strict=True)
        strongest = sorted(edges)[:10]
        rows = f"#partners-{direction}"
        assert opened.text(f"{rows} .name") == [IDS[k] for _, k in strongest]
        assert opened.text(f"{rows} .number") == [str(-count) for count, _ in strongest]
        total = f"{mine.sum()} neurons, {PAGE.synapses[mine].sum()} synapses"
        assert opened.text(f"h3.{direction} small") == [total]
    opened.page.locator(f"#partners-{direction} button").first.click()
    assert opened.state["selected"] == IDS[strongest[0][1]]


def test_homolog_is_a_jump_away(opened: Opened) -> None:
    opened.find(IDS[4])
    opened.page.click("#homolog")
    assert opened.state["selected"] == IDS[24]
    opened.find(IDS[15])
    assert "No left-right homolog is known." in opened.text("#neuron")[0]


def test_pairs_that_were_found_are_not_called_homologs(browser: Any, tmp_path: Path) -> None:
    page = small_page(found_pairs=True)
    opened = Opened(browser, write_explorer(tmp_path / "page.html", page))
    opened.find(IDS[4])
    assert "Left-right pair, found from wiring" in opened.text("#neuron")[0]
    opened.find(IDS[15])
    assert "No left-right pair was found." in opened.text("#neuron")[0]
    assert not opened.troubles


def test_metrics_sort_by_a_column_with_missing_last(opened: Opened) -> None:
    opened.page.click("#tab-metrics")
    assert opened.text("#page-metrics td:first-child") == list(TABLE["method"])
    column = opened.page.get_by_role("button", name="AUC")
    column.click()
    assert opened.text("#page-metrics td:first-child") == ["ase", "vgae", "lse", "gae"]
    column.click()
    assert opened.text("#page-metrics td:first-child") == ["lse", "vgae", "ase", "gae"]
    assert opened.page.get_by_role("columnheader", name="AUC").get_attribute("aria-sort") == (
        "descending"
    )
    assert opened.text("#page-metrics td:nth-child(2)") == ["0.95", "0.9", "0.1012", "\u2013"]
    opened.page.keyboard.press("p")  # belongs to the map
    opened.page.click("#tab-about")
    assert opened.text("#provenance dd") == ["made up"]


def test_text_of_the_data_stays_text(browser: Any, tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=document.title='broken'>"
    page = small_page(
        title=evil,
        neuron_ids=np.array([f"{evil}{k}" for k in range(N)]),
        colours=(Category(evil, np.zeros(N, int), (evil,), ("#000000",)),),
        tables={evil: TABLE.rename(columns={"AUC": evil}).replace("vgae", evil)},
        provenance={evil: evil},
    )
    opened = Opened(browser, write_explorer(tmp_path / "page.html", page))
    opened.page.mouse.click(*opened.on_page(opened.place(page.views[0].position)[11]))
    assert opened.page.title() == evil
    assert opened.text("#neuron-id") == [f"{evil}11"]
    assert opened.page.locator("img").count() == 0
    assert not opened.troubles


def test_the_download_holds_no_formula_and_every_digit(browser: Any, tmp_path: Path) -> None:
    words = ("=1+1", "-LN", "@x", "\t=1", "'+x", "\uff1d1", "-7", "KC", str(FIRST_ID))
    ids = [f"{words[k % 9]}{k}" for k in range(N)]
    kinds = Category("=kind", np.arange(N) % 9, words, tuple(["#000000"] * 9))
    page = small_page(neuron_ids=np.array(ids), colours=(kinds, *PAGE.colours[1:]))
    opened = Opened(browser, write_explorer(tmp_path / "page.html", page))
    places = opened.place(page.views[0].position)
    low, high = places.min(axis=0) - 9, places.max(axis=0) + 9
    opened.page.keyboard.press("l")
    opened.drag(np.array([low, [low[0], high[1]], high, [high[0], low[1]], low]))
    with opened.page.expect_download() as download:
        opened.page.click("#download")
    download.value.save_as(tmp_path / "neurons.csv")
    rows = list(csv.DictReader((tmp_path / "neurons.csv").open(newline="")))
    assert [row["neuron"] for row in rows] == [guard(text) for text in ids]
    assert [row["'=kind"] for row in rows] == [guard(words[k % 9]) for k in range(N)]
    assert {row["'=kind"] for row in rows} >= {"'=1+1", "'-LN", "''+x", "-7", str(FIRST_ID)}
    written = np.array([float(row["x"]) for row in rows], dtype=np.float32)
    np.testing.assert_array_equal(written, page.views[0].position[:, 0])
    assert max(len(row["x"]) for row in rows) < 13  # no digits that single precision does not have
    assert not opened.troubles


@pytest.mark.parametrize("width", [1280, 900])
def test_wide_ids_are_not_cut(browser: Any, tmp_path: Path, width: int) -> None:
    ids = 720575940600000000 + np.arange(N)  # as in FlyWire
    with opened_page(browser, tmp_path, small_page(neuron_ids=ids)) as opened:
        opened.page.set_viewport_size({"width": width, "height": 800})
        opened.find(str(ids[5]))
        assert str(ids[5]) in opened.text("#neuron h2")[0]
        cut = """() => [...document.querySelectorAll('#neuron h2, #neuron .name, #neuron button')]
            .filter((one) => /\\d{18}/.test(one.textContent))
            .map((one) => one.scrollWidth - one.clientWidth)"""
        assert max(opened.page.evaluate(cut)) <= 1
