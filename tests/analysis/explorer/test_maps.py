"""Two maps of one embedding in a page: a control that a keyboard reaches switches between them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from connectome.analysis.explorer import Explorer
from connectome.analysis.explorer.page import render
from connectome.analysis.latent import COMPONENTS, FlatMap
from connectome.types import InputError
from tests.analysis.explorer.browser import Opened, opened_page
from tests.analysis.explorer.pages import N, small_page

NAMES = ["2-d map (UMAP)", "first two components"]


def page() -> Explorer:
    wide, narrow = small_page().views
    turned = np.ascontiguousarray(wide.position[::-1])
    flat = FlatMap(turned, COMPONENTS, "First two principal components.")
    return small_page(views=(replace(wide, drawn="UMAP", other=flat), narrow))


@pytest.fixture
def two(browser: Any, tmp_path: Any) -> Iterator[Opened]:
    with opened_page(browser, tmp_path, page()) as opened:
        yield opened


def wait_for(opened: Opened, name: str) -> None:
    opened.page.evaluate(
        """(name) => new Promise((resolve) => {
          const look = () => (explorer.state().map === name ? resolve() : setTimeout(look, 5));
          look();
        })""",
        name,
    )


def test_the_keyboard_switches_between_map_and_components(two: Opened) -> None:
    assert two.page.get_by_label("Drawn as").is_visible()
    assert two.text("#map-choice option") == NAMES
    two.page.focus("#view")
    two.page.keyboard.press("Tab")
    assert two.page.evaluate("document.activeElement.id") == "map-choice"
    for key, name, place, how in (
        ("ArrowDown", NAMES[1], page().views[0].other, "First two principal components."),
        ("ArrowUp", NAMES[0], page().views[0], "Drawn by hand."),
    ):
        two.page.keyboard.press(key)
        wait_for(two, name)
        assert two.text("#how") == [how]
        left, top = two.place(place.position)[7]  # type: ignore[union-attr]
        two.page.mouse.click(*two.on_page(np.array([left, top])))
        assert two.state["selected"] == str(page().neuron_ids[7])
        two.page.focus("#map-choice")


def test_the_choice_is_there_for_embeddings_with_two_maps_alone(two: Opened) -> None:
    two.page.select_option("#map-choice", "1")
    wait_for(two, NAMES[1])
    two.choose_view(1)
    assert not two.page.locator("#map-choice").is_visible()
    assert two.text("#how") == ["Turned over."]
    two.choose_view(0)
    assert two.state["map"] == NAMES[1]


def test_the_page_grows_by_the_places_alone() -> None:
    more, less = render(page()), render(small_page())
    start = more.index('id="position-0-1"')
    assert len(more) - len(less) < more.index("</script>", start) - start + 250


def test_places_that_do_not_fit_are_refused(tmp_path: Any) -> None:
    from connectome.analysis.explorer import write_explorer

    one = page().views[0]
    wrong = replace(one, other=FlatMap(np.zeros((N - 1, 2)), COMPONENTS, ""))
    with pytest.raises(InputError, match="other map has shape"):
        write_explorer(tmp_path / "page.html", small_page(views=(wrong,)))
