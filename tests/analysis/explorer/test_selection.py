"""Search, selections, predicted types and links, on one small page that is opened once."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connectome.analysis.explorer import (
    Category,
    Explorer,
    Prediction,
    Quantity,
)
from tests.analysis.explorer.browser import Opened, opened_page
from tests.analysis.explorer.pages import COLOURS, N, small_page

NAMES = ("KCab", "KCg-m", "=PN1")
CODES = np.arange(N) % 4 - 1  # 0: missing, 1: KCab, 2: KCg-m, 3: =PN1
GUESSED = np.where(CODES < 0, np.arange(N) // 4 % 3, -1)


def page_of() -> Explorer:
    """Every fourth neuron has no type and is given one; ids 8 and 9 want encoding."""
    ids = np.array([{8: "a&b/8", 9: "x 9"}.get(k, f"n{k:02d}") for k in range(N)])
    confidence = np.where(GUESSED >= 0, 0.5 + np.arange(N) / 100, np.nan).astype(np.float32)
    confidence[4] = np.nan
    base = small_page()
    return small_page(
        neuron_ids=ids,
        colours=(
            Category("cell type", CODES, NAMES, COLOURS),
            Category("predicted type", GUESSED, NAMES, COLOURS, "no prediction"),
            Quantity("sure", confidence),
            *base.colours[1:],
        ),
        prediction=Prediction(
            "predicted type", "sure", np.where(GUESSED == 0, 1, -1), np.arange(N) == 16
        ),
        links=(("Codex", "https://codex.example/cell?root_id={id}&v=1"),),
    )


PAGE = page_of()
IDS = list(map(str, PAGE.neuron_ids))


@pytest.fixture(scope="module")
def tab(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened_page(browser, tmp_path_factory.mktemp("one"), PAGE) as opened:
        yield opened


@pytest.fixture
def fresh(tab: Opened) -> Opened:
    return tab.again()


def saved(opened: Opened, button: str, path: Path) -> list[dict[str, str]]:
    with opened.page.expect_download() as download:
        opened.page.click(button)
    download.value.save_as(path)
    with path.open(newline="") as stored:
        return list(csv.DictReader(stored))


def test_a_predicted_type_is_told_with_confidence_and_runner_up(fresh: Opened) -> None:
    fresh.find("n24")  # 24 // 4 % 3 = 0
    assert fresh.text("#predicted p") == ["KCab, 74% confident", "Runner-up: KCg-m"]
    fresh.find("n16")  # 16 // 4 % 3 = 1, without a runner-up, abstains
    assert fresh.text("#predicted p") == ["KCg-m, 66% confident: too unsure to count"]
    fresh.find("n04")
    assert fresh.text("#predicted p") == ["KCg-m, not calibrated"]
    fresh.find("n05")  # its type is known
    assert fresh.text("#predicted") == []
    assert "no prediction" in fresh.text("#neuron .facts")[0]
    fresh.page.select_option("#colour", "predicted type")
    found = dict(zip(fresh.text("#legend .name"), fresh.text("#legend .number"), strict=True))
    assert found == {"KCab": "4", "KCg-m": "3", "=PN1": "3", "no prediction": "30"}


def test_links_lead_out_with_the_id_encoded(fresh: Opened) -> None:
    for name, encoded in (("a&b/8", "a%26b%2F8"), ("x 9", "x%209"), ("n05", "n05")):
        fresh.find(name)
        link = fresh.page.locator("#links a")
        assert link.get_attribute("href") == f"https://codex.example/cell?root_id={encoded}&v=1"
        assert link.get_attribute("rel") == "noopener noreferrer"
        assert link.inner_text().startswith("Codex")


def test_many_pasted_ids_are_selected_and_the_missing_ones_named(fresh: Opened) -> None:
    fresh.page.focus("#search")
    fresh.page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData('text', 'n03\\nn01, nope;n02\\r\\nn03 n99');
          document.getElementById('search').dispatchEvent(
            new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    first = fresh.text("#suggestions li")[0].split("\n")
    assert first == ["Select 3 of 5 ids", "not found: nope, n99"]
    fresh.page.keyboard.press("Enter")
    assert fresh.state["chosen"] == ["n01", "n02", "n03"]
    assert fresh.text("#chosen h2") == ["3 neurons of 5 ids asked for"]
    assert fresh.text("#missed") == ["Not found (2): nope, n99"]
    assert fresh.text("#live") == ["3 neurons selected of 5 ids asked for; not found: nope, n99"]


def test_a_part_of_a_types_name_lists_types_and_chooses_one(fresh: Opened) -> None:
    fresh.page.fill("#search", "kc")
    rows = [text.split("\n") for text in fresh.text("#suggestions li")]
    assert rows == [
        ["KCab", "cell type, 10 neurons"],
        ["KCg-m", "cell type, 10 neurons"],
        ["KCab", "predicted type, 4 neurons"],
        ["KCg-m", "predicted type, 3 neurons"],
        ["All 2 that hold \u201ckc\u201d", "cell type"],
    ]
    fresh.page.keyboard.press("ArrowDown")
    fresh.page.keyboard.press("ArrowDown")
    fresh.page.keyboard.press("Enter")
    wanted = [IDS[k] for k in np.flatnonzero(CODES == 1)]
    assert fresh.state["chosen"] == wanted
    assert fresh.text("#chosen h2") == ["10 neurons of KCg-m"]
    fresh.page.fill("#search", "kc")
    fresh.page.keyboard.press("ArrowUp")
    fresh.page.keyboard.press("Enter")
    both = [IDS[k] for k in np.flatnonzero((CODES == 0) | (CODES == 1))]
    assert fresh.state["chosen"] == both
    assert fresh.text("#counts .number") == ["10", "10"]


def test_the_export_tells_of_predictions(fresh: Opened, tmp_path: Path) -> None:
    fresh.page.fill("#search", "n16 n20 n24")
    fresh.page.keyboard.press("Enter")
    rows = saved(fresh, "#download", tmp_path / "neurons.csv")
    told = [(row["predicted type"], row["runner-up"], row["abstains"]) for row in rows]
    assert told == [("KCg-m", "", "true"), ("'=PN1", "", "false"), ("KCab", "KCg-m", "false")]
    assert [row["sure"] for row in rows] == ["0.66", "0.7", "0.74"]


def partners(members: np.ndarray, side: int) -> dict[str, int]:
    """Synapses of ``members`` at the ``side`` of an edge, by type of the other neuron."""
    sums: dict[str, int] = {}
    for (pre, post), count in zip(PAGE.edge_index.T, PAGE.synapses, strict=True):
        own, other = (pre, post) if side == 0 else (post, pre)
        if own in members:
            label = NAMES[CODES[other]] if CODES[other] >= 0 else "missing"
            sums[label] = sums.get(label, 0) + int(count)
    return sums


def test_a_selection_is_counted_by_type_and_ranged_by_a_quantity(fresh: Opened) -> None:
    fresh.page.focus("#search")
    fresh.page.fill("#search", "n01 n02 n03 n05 n06 n04")  # codes 0 1 2 0 1 -1
    fresh.page.press("#search", "Enter")
    assert fresh.text("#counts .name") == ["KCab", "KCg-m", "missing", "=PN1"]
    assert fresh.text("#counts .number") == ["2", "2", "1", "1"]
    fresh.page.select_option("#colour", "total degree")
    degrees = sorted(float(PAGE.colours[3].values[k]) for k in (1, 2, 4, 5, 6))  # n03 has none
    shown = next(text for text in fresh.text("p.note") if text.startswith("total degree: "))
    least, middle, most = (str(round(degrees[k])) for k in (0, 2, 4))
    assert shown == f"total degree: {least} \u2013 {middle} \u2013 {most} (least, median, most)"


def test_two_selections_are_compared_by_partner_types(fresh: Opened, tmp_path: Path) -> None:
    for letter, name in (("a", "KCab"), ("b", "KCg-m")):
        fresh.page.fill("#search", name)
        fresh.page.keyboard.press("Enter")
        fresh.page.click(f"#keep-{letter}")
    assert fresh.state["kept"] == {"A": 10, "B": 10}
    rows = saved(fresh, "#download-comparison", tmp_path / "comparison.csv")
    for direction, side in (("from", 1), ("to", 0)):
        a, b = (partners(np.flatnonzero(code == CODES), side) for code in (0, 1))
        found = [row for row in rows if row["direction"] == direction]
        assert {row["cell type"].lstrip("'"): int(row["A synapses"]) for row in found} == a
        assert {row["cell type"].lstrip("'"): int(row["B synapses"]) for row in found} == b
        for row in found:
            share = int(row["A synapses"]) / sum(a.values())
            assert float(row["A share"]) == pytest.approx(share, abs=1e-6)
    first = partners(np.flatnonzero(CODES == 0), 1)
    shown = fresh.text(".compared[data-way=in] tbody th")
    assert set(shown) == set(first)
    assert {row["cell type"] for row in rows} >= {"'=PN1"}
    cells = fresh.text(".compared[data-way=in] tbody tr td:nth-child(2)")
    assert [int(text.split()[0]) for text in cells] == [first[name] for name in shown]


def test_a_selection_is_parted_by_k_means_the_same_each_time(fresh: Opened) -> None:
    codes = []
    for _ in range(2):
        fresh.again()
        fresh.page.fill("#search", " ".join(IDS[k] for k in range(30) if k not in (8, 9)))
        fresh.page.keyboard.press("Enter")
        fresh.page.fill("#groups", "3")
        fresh.page.click("#recluster")
        assert fresh.state["colour"] == "k-means 3 of 28 neurons"
        codes.append(fresh.text("#members .kind"))
    assert codes[0] == codes[1]
    sizes = [codes[0].count(f"group {k}") for k in (1, 2, 3)]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == 28
    assert "not among them" in fresh.text("#legend .name")


def test_the_theme_can_be_chosen_and_the_map_goes_with_it(fresh: Opened) -> None:
    assert fresh.state["theme"] == "light"
    corner = fresh.pixels()[-3, 3]
    np.testing.assert_allclose(corner, 255)
    fresh.page.select_option("#theme", "dark")
    assert fresh.state["theme"] == "dark"
    np.testing.assert_allclose(fresh.pixels()[-3, 3], [0x14, 0x18, 0x1E], atol=1)
    place = fresh.place(PAGE.views[0].position)[1:2]  # KCab: lifted by 0.3, then let through
    full = np.array([int(COLOURS[0][k : k + 2], 16) for k in (1, 3, 5)])
    lifted = full + 0.3 * (255 - full)
    ground = np.array([0x14, 0x18, 0x1E])
    wanted = ground + (lifted - ground) * 225 / 255
    np.testing.assert_allclose(fresh.colours_at(place)[0], wanted, atol=4)
    fresh.page.select_option("#theme", "auto")
    fresh.page.emulate_media(color_scheme="dark")
    assert fresh.page.evaluate("explorer.state().theme") == "dark"
    fresh.page.emulate_media(color_scheme="light")
    assert fresh.page.evaluate("explorer.state().theme") == "light"


def test_every_control_is_reached_by_tab_and_named(fresh: Opened) -> None:
    controls = "document.querySelectorAll('button, input, select, #overlay')"
    names = fresh.page.evaluate(
        f"""() => [...{controls}].filter((one) => one.tabIndex >= 0 && one.offsetParent !== null)
          .map((one) => one.id || one.dataset.key || one.className)"""
    )
    unnamed = fresh.page.evaluate(
        f"""() => [...{controls}].filter((one) => !(one.getAttribute('aria-label')
          || one.textContent.trim() || one.labels?.length)).map((one) => one.id)"""
    )
    assert unnamed == []
    fresh.page.evaluate("document.activeElement.blur()")
    seen = []
    for _ in names:
        fresh.page.keyboard.press("Tab")
        seen.append(
            fresh.page.evaluate(
                """() => { const one = document.activeElement;
                  return [one.id || one.dataset.key || one.className,
                          getComputedStyle(one).outlineStyle]; }"""
            )
        )
    assert [name for name, _ in seen] == names
    assert {outline for _, outline in seen} == {"solid"}
