import base64
import gzip
import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.explorer import (
    HOMOLOG,
    Block,
    Category,
    Explorer,
    Quantity,
    Schema,
    write_explorer,
)
from connectome.analysis.explorer.page import SCRIPTS, halves, render
from connectome.types import InputError
from tests.analysis.explorer.pages import FIRST_ID, N, small_page

PAGE = small_page()
VIEW, CATEGORY = PAGE.views[0], PAGE.colours[0]
HUBS = Schema(("N",))
ASSETS = files("connectome.analysis.explorer") / "assets"


def block(text: str, name: str) -> np.ndarray | object:
    """What the page holds under ``name``, read independently of its script."""
    found = re.search(rf'id="{name}" data-type="(\w+)">([^<]*)<', text)
    assert found, name
    content = gzip.decompress(base64.b64decode(found[2]))
    return json.loads(content) if found[1] == "json" else np.frombuffer(content, found[1])


def blocks(*parts: tuple[Any, ...]) -> dict[str, object]:
    return {"blocks": tuple(Block(*part) for part in parts)}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"neuron_ids": np.arange(0)}, "no neurons"),
        ({"neuron_ids": np.zeros(N, int)}, "ids repeat"),
        ({"neuron_ids": np.arange(N) / 2}, "ids of type float64"),
        ({"views": ()}, "no views"),
        ({"views": (VIEW, VIEW)}, "view .*vgae.* occurs twice"),
        ({"views": (replace(VIEW, position=np.zeros((N, 3))),)}, r"position has shape \(40, 3\)"),
        ({"views": (replace(VIEW, position=np.full((N, 2), np.inf)),)}, "not finite"),
        ({"views": (replace(VIEW, latent=np.zeros((N - 1, 2))),)}, r"latent has shape \(39, 2\)"),
        ({"views": (replace(VIEW, latent=np.zeros((N, 0))),)}, "latent has no columns"),
        ({"views": (replace(VIEW, uncertainty=np.zeros(3)),)}, r"uncertainty has shape \(3,\)"),
        ({"colours": ()}, "no colours"),
        ({"colours": (Quantity("x", np.zeros(3)),)}, r"values has shape \(3,\)"),
        ({"colours": (Quantity("x", np.full(N, -1.0), log=True),)}, "negative values"),
        ({"colours": (Quantity("x", np.full(N, np.inf)),)}, "mark missing values with NaN"),
        ({"colours": (CATEGORY, CATEGORY)}, "colour .*cell type.* occurs twice"),
        ({"colours": (replace(CATEGORY, colours=("#000000",)),)}, "1 colours for 3 labels"),
        ({"colours": (replace(CATEGORY, codes=np.full(N, 3)),)}, "give -1 to 2"),
        ({"colours": (replace(CATEGORY, colours=("red",) * 3),)}, "form #rrggbb"),
        ({"edge_index": np.zeros((3, 300), int)}, r"edge_index has shape \(3, 300\)"),
        ({"edge_index": np.full((2, 300), N)}, "edge_index has .*give 0 to 39"),
        ({"edge_index": np.zeros((2, 300), int)}, "an edge repeats"),
        ({"synapses": np.ones(3)}, r"synapses has shape \(3,\)"),
        ({"synapses": np.zeros(300)}, "positive synapse count"),
        (blocks(("homolog", np.full(N, N), HOMOLOG)), "block .homolog. has .*give -1 to 39"),
        (blocks(("a", np.zeros(3), HUBS)), r"block .a. has shape \(3,\); give \(40,\)"),
        (blocks(("a", np.full(N, np.nan), HUBS)), "block .a. has 40 entries that are not finite"),
        (blocks(("a", np.array(["x"] * N), HUBS)), "block .a. of type <U1; give numbers"),
        (blocks(("A b", np.zeros(N), HUBS)), "block .A b.; name it with small letters"),
        (blocks(("a", np.zeros(N), HUBS), ("a", np.zeros(N), HUBS)), "block .*a.* occurs twice"),
        (blocks(("a", np.zeros(N), HUBS, "</script>")), "block .a.: its script"),
    ],
)
def test_what_cannot_be_drawn_is_named(
    changes: dict[str, object], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=complaint):
        write_explorer(tmp_path / "page.html", small_page(**changes))
    assert not list(tmp_path.iterdir())


def test_uncertainty_keeps_its_name() -> None:
    own = Quantity("embedding uncertainty", np.zeros(N))
    with pytest.raises(InputError, match="occurs twice"):
        render_checked(replace(PAGE, colours=(own,)))


def render_checked(page: Explorer) -> str:
    from connectome.analysis.explorer.content import check

    check(page)
    return render(page)


def test_the_page_is_written_and_equal_pages_are_equal_files(tmp_path: Path) -> None:
    path = write_explorer(tmp_path / "new" / "page.html", PAGE)
    again = write_explorer(tmp_path / "again.html", small_page())
    assert path.read_bytes() == again.read_bytes()
    assert path.read_text().isascii()
    assert [child.name for child in path.parent.iterdir()] == ["page.html"]


def test_arrays_travel_unchanged() -> None:
    text = render(PAGE)
    assert block(text, "ids") == [str(FIRST_ID + k) for k in range(N)]
    np.testing.assert_array_equal(block(text, "position-0"), VIEW.position.ravel())
    np.testing.assert_array_equal(block(text, "block-homolog"), PAGE.blocks[0].values)
    np.testing.assert_array_equal(block(text, "colour-1"), PAGE.colours[1].values)  # type: ignore[union-attr]
    counts = block(text, "edge-counts")
    pre, post = np.repeat(np.arange(N), counts), np.cumsum(block(text, "edge-steps"))  # type: ignore[call-overload]
    order = np.argsort(PAGE.edge_index[0] * N + PAGE.edge_index[1])
    np.testing.assert_array_equal(np.stack([pre, post]), PAGE.edge_index[:, order])
    np.testing.assert_array_equal(block(text, "edge-synapses"), PAGE.synapses[order])


def test_fractions_of_synapses_stay_fractions() -> None:
    weights = np.linspace(0.25, 3, 300, dtype=np.float32)
    order = np.argsort(PAGE.edge_index[0] * N + PAGE.edge_index[1])
    stored = block(render(replace(PAGE, synapses=weights)), "edge-synapses")
    np.testing.assert_array_equal(stored, weights[order])


@pytest.mark.parametrize(("size", "offset"), [(1.0, 0.0), (1e-7, 0.0), (1e9, 0.0), (1.0, 1e4)])
def test_half_precision_keeps_distances(size: float, offset: float) -> None:
    latent = size * np.random.default_rng(1).normal(size=(30, 4)) + offset
    stored, scale = halves(latent)
    before = np.linalg.norm(latent[:, None] - latent, axis=-1)
    after = scale * np.linalg.norm(stored.astype(float)[:, None] - stored, axis=-1)
    np.testing.assert_allclose(after, before, atol=size * 4e-3)


def test_nothing_in_the_data_becomes_markup() -> None:
    evil = "</script><script>alert(1)</script><!--"
    page = small_page(
        title=evil,
        neuron_ids=np.array([f"{evil}{k}" for k in range(N)]),
        colours=(Category(evil, np.zeros(N, int), (evil,), ("#000000",)),),
        tables={evil: pd.DataFrame({evil: [evil]})},
        provenance={evil: evil},
    )
    text = render(page)
    assert "alert(1)" not in text.replace("&lt;script&gt;alert(1)", "")
    assert text.count("<script") == text.count("</script>") == render(PAGE).count("<script") - 1


def test_table_cells_survive_json() -> None:
    odd = {"big": [2**60, 1], "gap": [np.nan, np.inf], "text": ["a", None], "flag": [True, False]}
    meta = block(render(replace(PAGE, tables={"odd": pd.DataFrame(odd)})), "meta")
    rows = meta["tables"][0]["rows"]  # type: ignore[index, call-overload]
    assert rows == [[str(2**60), None, "a", "yes"], [1, "inf", None, "no"]]


def test_assets_ask_for_nothing_from_outside() -> None:
    names = {asset.name for asset in ASSETS.iterdir()}
    assert names >= {"explorer.html", "explorer.css", *(f"{name}.js" for name in SCRIPTS)}
    for name in names:
        text = (ASSETS / name).read_text(encoding="ascii")
        assert not re.search(r"https?://|@import|url\(|innerHTML|outerHTML|eval\(", text), name
        assert "</script" not in text or name == "explorer.html", name
