"""A panel of one's own: a block of content with its script, and the page shows it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connectome.analysis.explorer import (
    BLOCKS,
    Block,
    Explorer,
    Material,
    Schema,
    make_explorer,
    write_explorer,
)
from connectome.types import degrees
from tests.analysis.explorer.browser import Opened
from tests.analysis.explorer.test_page import block
from tests.analysis.test_inside import N, annotated, space

SCRIPT = """
PANELS.push({
  id: 'sent',
  draw: ({ blocks, selected }) => {
    if (!blocks.sent || selected < 0) return [];
    const reached = make('p', { id: 'reached' }, blocks.sent[selected]);
    return [make('h3', {}, 'Partners reached'), reached];
  },
});
"""


def sent(material: Material) -> Block:
    """How many neurons each neuron sends to."""
    brain = material.connectome
    out, _ = degrees(brain.edge_index, brain.num_neurons)
    return Block("sent", out.numpy(), Schema(("N",), end="N"), SCRIPT)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Explorer:
    monkeypatch.setattr("connectome.analysis.explorer.views.BLOCKS", [*BLOCKS, sent])
    connectome = annotated([None] * N)
    return make_explorer(connectome, [space(connectome)], None, {}, None, {}, {})


def test_the_page_holds_its_numbers_and_its_script(page: Explorer, tmp_path: Path) -> None:
    assert [one.name for one in page.blocks] == ["homolog", "sent"]
    text = write_explorer(tmp_path / "page.html", page).read_text()
    counts = np.bincount(page.edge_index[0], minlength=N)
    np.testing.assert_array_equal(block(text, "block-sent"), counts)
    assert block(text, "meta")["blocks"] == ["homolog", "sent"]  # type: ignore[index, call-overload]
    assert SCRIPT in text


def test_the_browser_shows_it_of_the_selected_neuron(
    page: Explorer, browser: Any, tmp_path: Path
) -> None:
    opened = Opened(browser, write_explorer(tmp_path / "page.html", page))
    assert opened.page.locator("#details > section").evaluate_all(
        "sections => sections.map(({ id }) => id)"
    ) == ["neuron", "chosen", "compared", "sent"]
    for neuron in (3, 41):
        opened.find(str(page.neuron_ids[neuron]))
        assert opened.text("#reached") == [str((page.edge_index[0] == neuron).sum())]
    opened.context.close()
    assert not opened.troubles
