"""The page of predicted types, with more types than there are colours of the house."""

from pathlib import Path

import numpy as np
import pytest

from connectome.analysis.cell_typing import Labels, Typed, Typing
from connectome.analysis.cell_typing.page import partner_space, type_map, type_views, write_page
from connectome.analysis.latent import synapse_matrix
from connectome.data.synthetic.blockmodel import read_blockmodel
from tests.analysis.explorer.browser import Opened, launcher


@pytest.fixture(scope="module")
def many() -> Typed:
    """Neurons of eighty types; the second half was not told, and every tenth is lost."""
    brain = read_blockmodel(neurons=600, edges=9000, types=80, type_sigma=0.0)
    code = brain.neurons["cell_type"].str[1:].astype(int).to_numpy()
    names = tuple(f"T{k:02d}" for k in range(80))
    rows = np.arange(600)
    best = np.where(rows % 10 == 9, -1, code)
    sure = np.where(best < 0, 0.0, 1 - rows / 2000)
    labels = Labels(names, code, np.where(rows < 300, code, -1))
    typing = Typing(best, np.full(600, -1), sure)
    return Typed(brain, labels, typing, typing, labels.asked)


def space(typed: Typed) -> np.ndarray:
    return partner_space(synapse_matrix(typed.connectome), typed.typing.best, 80)


def test_neurons_lie_near_their_type(many: Typed) -> None:
    wide = space(many)
    assert wide.shape == (600, 64)
    places = type_map(wide, many.typing.best)
    assert places is not None
    assert np.isfinite(places).all()
    best = many.typing.best
    typed = np.flatnonzero(best >= 0)
    centre = np.stack([places[best == k].mean(axis=0) for k in best[typed]])
    own = np.linalg.norm(places[typed] - centre, axis=1).mean()
    other = np.linalg.norm(places[typed] - np.roll(centre, 37, axis=0), axis=1).mean()
    assert own < 0.7 * other


def test_few_types_have_no_map(many: Typed) -> None:
    assert type_map(space(many), many.typing.best % 5) is None


def test_eighty_types_can_be_told_apart_on_the_page(many: Typed, tmp_path: Path) -> None:
    path = write_page(
        tmp_path / "types.html", many, type_views(many), 0.95, "'cell_type' was made up"
    )
    with launcher() as launch:
        browser = launch()
        opened = Opened(browser, path)
        choices = opened.page.locator("#colour option").all_inner_texts()
        assert choices == [
            "told or predicted type", "type, sure enough for 0.95", "predicted type",
            "confidence of predicted type", "type in the data", "right", "told", "total degree",
        ]  # fmt: skip
        views = opened.page.locator("#view option").all_inner_texts()
        assert views == ["map of types, d = 16", "partner types, d = 16"]
        colours = opened.page.evaluate("[...document.querySelectorAll('#legend *')].length")
        assert colours > 80
        ids, best = many.connectome.neuron_ids, many.typing.best
        opened.find(str(ids[5]))  # which was told: nothing is predicted of it
        assert opened.text("#predicted") == []
        opened.find(str(ids[305]))
        said = f"T{best[305]:02d}, 85% confident: too unsure to count"
        assert opened.text("#predicted p") == [said]
        opened.context.close()
        browser.close()
        assert not opened.troubles
