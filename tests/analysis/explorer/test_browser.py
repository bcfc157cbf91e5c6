import csv
from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.path import Path as Polygon

from tests.analysis.explorer.browser import Launch, Opened
from tests.analysis.explorer.pages import COLOURS, small_page

PAGE = small_page()
FIRST, SECOND = PAGE.views
IDS = [str(number) for number in PAGE.neuron_ids]
MISSING = "#333333"


def expected_colours() -> np.ndarray:
    """Of each neuron by cell type, let through to white as much as the page lets it."""
    colours = [*COLOURS, MISSING]  # code -1 is the last
    full = np.array([to_rgb(colours[code]) for code in PAGE.colours[0].codes])  # type: ignore[union-attr]
    return 255 * (1 + (full - 1) * 225 / 255)


def test_every_neuron_is_drawn_in_its_place_and_colour(opened: Opened) -> None:
    drawn = opened.colours_at(opened.place(FIRST.position))
    np.testing.assert_allclose(drawn, expected_colours(), atol=4)
    assert opened.state["renderer"] == "WebGL2"
    marks = opened.page.evaluate("performance.getEntriesByName('first-points').length")
    assert marks == 1


def test_without_webgl_canvas2d_draws_the_same_and_says_so(launch: Launch, file: Path) -> None:
    browser = launch("--disable-3d-apis")
    opened = Opened(browser, file)
    drawn = opened.colours_at(opened.place(FIRST.position))
    np.testing.assert_allclose(drawn, expected_colours(), atol=4)
    assert opened.state["renderer"] == "Canvas2D"
    assert "drawn without a graphics card" in opened.text("#status")[0]
    assert_pair_lines_drawn(opened)
    assert not opened.troubles
    browser.close()


def test_a_lost_graphics_card_is_replaced_by_canvas2d(opened: Opened) -> None:
    opened.page.evaluate(
        """() => new Promise((resolve) => {
          const canvas = document.getElementById('points');
          canvas.addEventListener('webglcontextlost', resolve);
          canvas.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext();
        })"""
    )
    drawn = opened.colours_at(opened.place(FIRST.position))
    np.testing.assert_allclose(drawn, expected_colours(), atol=4)
    assert opened.state["renderer"] == "Canvas2D"
    assert "drawn without a graphics card" in opened.text("#status")[0]


def test_colour_switch_changes_legend_and_pixels(opened: Opened) -> None:
    codes = PAGE.colours[0].codes  # type: ignore[union-attr]
    counts = [f"{name}\n{(codes == k).sum()}" for k, name in enumerate(("KC", "PN", "MBON"))]
    assert opened.text("#legend .entry") == [*counts, f"missing\n{(codes < 0).sum()}"]
    before = opened.pixels()
    opened.page.select_option("#colour", "total degree")
    degree = PAGE.colours[1].values  # type: ignore[union-attr]
    assert opened.text("#legend .entry") == ["missing\n1"]
    range_text = f"{np.nanmin(degree):.0f} to {np.nanmax(degree):.0f}, log scale"
    assert opened.text("#legend .note") == [range_text]
    assert np.abs(opened.pixels() - before).max() > 50
    ends = opened.colours_at(opened.place(FIRST.position))[
        [3, np.nanargmin(degree), np.nanargmax(degree)]
    ]
    hues = np.array([to_rgb(hue) for hue in (MISSING, "#440154", "#b5de2b")])
    np.testing.assert_allclose(ends, 255 * (1 + (hues - 1) * 225 / 255), atol=4)


def test_a_legend_entry_dims_the_others(opened: Opened) -> None:
    places = opened.place(FIRST.position)
    opened.page.click("#legend [data-code='1']")
    drawn = opened.colours_at(places)
    inside = PAGE.colours[0].codes == 1  # type: ignore[union-attr]
    np.testing.assert_allclose(drawn[inside], expected_colours()[inside], atol=4)
    assert drawn[~inside].min() > 200
    opened.page.click("#show-all")
    np.testing.assert_allclose(opened.colours_at(places), expected_colours(), atol=4)


def test_lasso_takes_exactly_the_neurons_inside(opened: Opened, tmp_path: Path) -> None:
    places = opened.place(FIRST.position)
    corners = np.array([[0.1, 0.1], [0.8, 0.25], [0.45, 0.5], [0.9, 0.85], [0.2, 0.7]])
    low, high = places.min(axis=0), places.max(axis=0)
    path = opened.whole(low + corners * (high - low))
    inside = Polygon(path).contains_points(places)
    assert 5 < inside.sum() < 30
    opened.page.keyboard.press("l")
    opened.drag(np.concatenate([path, path[:1]]))
    wanted = [IDS[k] for k in np.flatnonzero(inside)]
    assert opened.state["chosen"] == wanted
    assert opened.text("#chosen h2") == [f"{inside.sum()} neurons in the lasso"]
    counts = [int(text) for text in opened.text("#counts .number")]
    codes = PAGE.colours[0].codes[inside]  # type: ignore[union-attr]
    assert counts == sorted(np.bincount(codes + 1), reverse=True)
    with opened.page.expect_download() as download:
        opened.page.click("#download")
    download.value.save_as(tmp_path / "neurons.csv")
    with (tmp_path / "neurons.csv").open() as stored:
        rows = list(csv.DictReader(stored))
    assert [row["neuron"] for row in rows] == wanted
    positions = np.array([[float(row["x"]), float(row["y"])] for row in rows])
    np.testing.assert_array_equal(positions.astype(np.float32), FIRST.position[inside])


def test_drag_and_arrow_keys_pan(opened: Opened) -> None:
    before = opened.place(FIRST.position)
    middle = np.array([300.0, 300.0])
    step = np.array([60.0, -30.0])
    opened.drag(np.stack([middle, middle + 20, middle + step]))
    np.testing.assert_allclose(opened.place(FIRST.position), before + step, atol=1e-6)
    opened.page.keyboard.press("ArrowRight")
    moved = opened.place(FIRST.position) - before
    assert (moved[:, 0] < 60).all()
    np.testing.assert_allclose(moved[:, 1], -30)
    opened.page.keyboard.press("0")
    np.testing.assert_allclose(opened.place(FIRST.position), before)


def test_wheel_zooms_about_the_pointer(opened: Opened) -> None:
    before = opened.place(FIRST.position)
    pointer = opened.whole(before[7]) + 3
    opened.page.mouse.move(*opened.on_page(pointer))
    opened.page.mouse.wheel(0, -400)
    opened.page.evaluate("new Promise(requestAnimationFrame)")
    after = opened.place(FIRST.position)
    factor = np.ptp(after[:, 0]) / np.ptp(before[:, 0])
    assert factor > 1.3
    np.testing.assert_allclose(after - pointer, factor * (before - pointer), atol=1e-6)
    opened.page.mouse.dblclick(*opened.on_page(np.array([5.0, 5.0])))
    np.testing.assert_allclose(opened.place(FIRST.position), before)


def test_view_switch_moves_neurons_and_adds_its_uncertainty(opened: Opened) -> None:
    assert opened.text("#how") == ["Drawn by hand."]
    opened.choose_view(1)
    assert opened.text("#how") == ["Turned over."]
    assert opened.state["view"] == "ase, d = 2"
    places = opened.place(SECOND.position)
    np.testing.assert_allclose(opened.colours_at(places), expected_colours(), atol=4)
    opened.page.select_option("#colour", "embedding uncertainty")
    assert opened.state["colour"] == "embedding uncertainty"
    opened.choose_view(0)
    assert opened.state["colour"] == "cell type"
    assert "has no uncertainty" in opened.text("#status")[0]


def test_hover_tells_and_click_selects(opened: Opened) -> None:
    place = opened.on_page(opened.place(FIRST.position)[11])
    opened.page.mouse.move(*place)
    tooltip = opened.text("#tooltip")[0]
    assert IDS[11] in tooltip
    assert "cell type: MBON" in tooltip
    opened.page.mouse.click(*place)
    assert opened.state["selected"] == IDS[11]
    opened.page.keyboard.press("Escape")
    assert opened.state["selected"] is None


def assert_pair_lines_drawn(opened: Opened) -> None:
    """Something changes halfway between homologs, and is gone when the lines are."""
    plain = opened.pixels()
    opened.page.check("#pair-lines")
    paired = opened.pixels()
    midway = opened.place((FIRST.position[:10] + FIRST.position[20:30]) / 2)
    columns, rows = np.round(midway).astype(int).T
    drawn = [
        np.abs((paired - plain)[row - 3 : row + 3, column - 3 : column + 3]).max() > 10
        for column, row in zip(columns, rows, strict=True)
    ]
    assert all(drawn)
    opened.page.uncheck("#pair-lines")
    np.testing.assert_array_equal(opened.pixels(), plain)


def test_pair_and_partner_lines_are_drawn(opened: Opened) -> None:
    assert_pair_lines_drawn(opened)
    opened.find(IDS[5])
    fans = opened.pixels()
    opened.page.uncheck("#partner-lines")
    assert (np.abs(opened.pixels() - fans).max(axis=-1) > 10).sum() > 500


def test_frame_time_redraws_and_leaves_the_view_as_it_was(opened: Opened) -> None:
    before = opened.state
    assert opened.page.evaluate("explorer.frameTime(5)") > 0
    assert len(opened.page.evaluate("explorer.frameTimes(7)")) == 7
    assert opened.state == before
