"""A browser, and the small page of the explorer opened in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectome.analysis.explorer import write_explorer
from tests.analysis.explorer.browser import Launch, Opened, launcher
from tests.analysis.explorer.pages import small_page


@pytest.fixture(scope="module")
def launch() -> Iterator[Launch]:
    with launcher() as launch:
        yield launch


@pytest.fixture(scope="module")
def browser(launch: Launch) -> Iterator[Any]:
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_explorer(tmp_path_factory.mktemp("page") / "page.html", small_page())


@pytest.fixture
def opened(browser: Any, file: Path) -> Iterator[Opened]:
    opened = Opened(browser, file)
    yield opened
    opened.context.close()
    assert not opened.troubles
