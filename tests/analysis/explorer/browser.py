"""A Chromium without network for the tests of pages, and a page opened in it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest

from connectome.analysis.explorer import Explorer, write_explorer

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


Launch = Callable[..., Any]


@contextmanager
def launcher() -> Iterator[Launch]:
    """A function from further arguments to a browser; skips where there is none to test with."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with sync_api.sync_playwright() as playwright:

        def launch(*arguments: str) -> Any:
            # Headless, with a profile of its own that is fresh each time.
            everything = [*ARGUMENTS, *arguments]
            return playwright.chromium.launch(executable_path=program, args=everything)

        yield launch


class Opened:
    """The explorer's page in a browser; collects whatever goes wrong in it."""

    def __init__(self, browser: Any, path: Path) -> None:
        self.address = path.as_uri()
        self.troubles: list[str] = []
        self.context = browser.new_context(
            offline=True, viewport={"width": 1280, "height": 800}, accept_downloads=True
        )
        self.context.route(
            lambda url: url not in (self.address, "about:blank"), lambda route: route.abort()
        )
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)
        self.page.goto(self.address)
        self.page.evaluate("explorer.ready")

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.troubles.append(message.text)

    def _asked(self, request: Any) -> None:
        if request.url not in (self.address, "about:blank"):
            self.troubles.append(f"asked for {request.url[:80]}")

    def again(self) -> "Opened":
        """The page as it is when it is opened, in the same tab."""
        self.page.goto("about:blank")
        self.page.goto(self.address)
        self.page.evaluate("explorer.ready")
        return self

    @property
    def state(self) -> dict[str, Any]:
        return self.page.evaluate("explorer.state()")

    def text(self, selector: str) -> list[str]:
        return self.page.locator(selector).all_inner_texts()

    def find(self, neuron_id: str) -> None:
        self.page.fill("#search", neuron_id)
        self.page.keyboard.press("Enter")

    def choose_view(self, view: int) -> None:
        """Choose a view and wait until it is there: the page inflates its arrays first."""
        self.page.select_option("#view", str(view))
        # By a function of ours: the page's own policy forbids what `wait_for_function` does.
        self.page.evaluate(
            """() => new Promise((resolve) => {
              const wanted = document.getElementById('view').selectedOptions[0].textContent;
              const shown = () => explorer.state().view === wanted;
              const look = () => (shown() ? resolve() : setTimeout(look, 5));
              look();
            })"""
        )

    def place(self, position: np.ndarray) -> np.ndarray:
        """Where ``[N, 2]`` latent positions stand on the map, in CSS pixels."""
        camera = self.state["camera"]
        away = (position.astype(float) - [camera["x"], camera["y"]]) * camera["scale"]
        return [camera["width"] / 2, camera["height"] / 2] + away * [1, -1]

    def on_page(self, place: np.ndarray) -> tuple[float, float]:
        box = self.page.locator("#map").bounding_box()
        return box["x"] + float(place[0]), box["y"] + float(place[1])

    def whole(self, place: np.ndarray) -> np.ndarray:
        """The nearest places that are whole pixels of the page, as some events round to them."""
        corner = self.on_page(np.zeros(2))
        return np.round(place + corner) - corner

    def drag(self, places: np.ndarray) -> None:
        self.page.mouse.move(*self.on_page(places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.on_page(place))
        self.page.mouse.up()

    def pixels(self) -> np.ndarray:
        """``[height, width, 3]`` of the map, 0 to 255."""
        self.page.evaluate("new Promise(requestAnimationFrame)")
        shot = self.page.locator("#map").screenshot(animations="disabled")
        return 255 * matplotlib.image.imread(BytesIO(shot), format="png")[:, :, :3]

    def colours_at(self, places: np.ndarray) -> np.ndarray:
        columns, rows = np.floor(places).astype(int).T
        return self.pixels()[rows, columns]


@contextmanager
def opened_page(browser: Any, folder: Path, content: Explorer) -> Iterator[Opened]:
    """The page of ``content``, which must end without troubles."""
    opened = Opened(browser, write_explorer(folder / "page.html", content))
    yield opened
    opened.context.close()
    assert not opened.troubles
