"""What a data set says of its figures: from ``conf/data`` to every part of a brain."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from omegaconf import OmegaConf

from connectome import api
from connectome.analysis.plotting import styles
from connectome.config import build, identity, load_config
from connectome.data.readers.collection import join, members_of
from connectome.data.readers.display import display_of, displayed
from connectome.data.readers.selection import take_neurons
from connectome.display import Display
from connectome.runs.stored_config import load_data_config
from connectome.types import Connectome, InputError
from tests.conftest import random_connectome
from tests.data.test_larva_brain import miniature

# As published figures show them, by hand.
LARVA = {
    "sensory": ("#332288", "o"),
    "PN": ("#88ccee", "o"),
    "KC": ("#cc6677", "o"),
    "MBON": ("#117733", "o"),
    "LHN": ("#ddcc77", "o"),
    "DN-VNC": ("#882255", "o"),
    "CN": ("#44aa99", "o"),
    "RGN": ("#aa4499", "o"),
    "LN": ("#999933", "o"),
    "ascending": ("#8f85be", "^"),
    "PN-somato": ("#4b7083", "^"),
    "MB-FBN": ("#703841", "^"),
    "MB-FFN": ("#7cb48f", "^"),
    "MBIN": ("#7a7041", "^"),
    "DN-SEZ": ("#be85a2", "^"),
    "pre-DN-SEZ": ("#255e54", "^"),
    "pre-DN-VNC": ("#d098c7", "^"),
}
MUSHROOM = {
    "Kenyon": ("#cc6677", "o"),
    "input": ("#7a7041", "^"),
    "output": ("#117733", "o"),
    "projection": ("#88ccee", "o"),
}
SHOWN = Display((("KC", None),), (("known", 0.5),))


def looks(connectome: Connectome, *types: str) -> dict[str, tuple[str, str]]:
    found = styles(types, connectome.display)
    return {name: (style.colour, style.marker) for name, style in found.items()}


@pytest.fixture(params=["whole", "left", "both", "bridged"])
def larva(request: pytest.FixtureRequest, tmp_path: Path) -> Connectome:
    archive = miniature(tmp_path)
    return api.load("larva_brain", archive=archive, sha256=None, side=request.param)


def test_the_larva_looks_as_ever(larva: Connectome) -> None:
    assert looks(larva, *LARVA) == LARVA
    assert looks(larva, "KC") == {"KC": LARVA["KC"]}
    assert larva.display.homolog_levels == (
        ("graph matching, no known pairs (Pedigo et al. 2023)", 0.637),
        ("bisected graph matching, no known pairs (Pedigo et al. 2023)", 0.855),
    )


@pytest.mark.parametrize("side", ["left", "both"])
def test_the_mushroom_body_looks_as_ever(side: str) -> None:
    brain = api.load(side=side)
    assert looks(brain, *MUSHROOM) == MUSHROOM
    assert looks(brain, "Kenyon", "input", "mine")["mine"] == LARVA["sensory"]
    assert brain.display.homolog_levels == ()
    assert api.load(side=side) is brain  # jobs of a sweep share it


def test_it_survives_taking_and_joining() -> None:
    bare = random_connectome(0)
    brain = replace(bare, display=SHOWN)
    assert take_neurons(brain, np.arange(5), "part").display == SHOWN
    other = replace(random_connectome(1), display=Display((("PN",),)))
    for members in ({"a": brain}, {"a": bare, "b": brain}, {"a": brain, "b": other}):
        joined = join("all", members)
        assert joined.display == SHOWN
        assert {part.display for part in members_of(joined).values()} == {SHOWN}
    assert join("all", {"a": bare, "b": bare}).display == Display()


def test_it_changes_no_fingerprint_and_no_identity() -> None:
    bare = random_connectome(0)
    brain = replace(bare, display=SHOWN)
    assert brain.fingerprint == bare.fingerprint
    assert brain.annotation_fingerprint == bare.annotation_fingerprint
    words = ["data=mushroom_body", "run_dir=/nowhere", "name=test"]
    ours = identity(load_config([*words, "data.display.type_rows=[[Kenyon]]"]))
    assert ours == identity(load_config(words))
    assert ours["data"] == {
        "_target_": "connectome.data.readers.mushroom_body.read_mushroom_body",
        "side": "right",
    }


def test_it_is_plain_in_a_stored_run(tmp_path: Path) -> None:
    words = ["data=larva_brain", "run_dir=/nowhere", "name=test"]
    words += [f"data.archive={miniature(tmp_path)}", "data.sha256=null"]
    config = load_config(words)
    (tmp_path / "config.yaml").write_text(OmegaConf.to_yaml({"data": config.data}))
    stored = build(load_data_config(tmp_path), Connectome, "data.")
    assert looks(stored, *LARVA) == LARVA
    assert stored.display == build(config.data).display


def test_a_table_of_ones_own_may_say_it(tmp_path: Path) -> None:
    edges = tmp_path / "edges.csv"
    edges.write_text("pre,post\nA,B\nB,C\n")
    words = ["data=table", f"data.edges={edges}"]
    chosen = ["data.display.type_rows=[[KC,PN],[MBON]]", "data.display.homolog_levels={known: 1}"]
    brain = build(load_config([*words, *chosen]).data)
    assert brain.display == Display((("KC", "PN"), ("MBON",)), (("known", 1.0),))
    assert build(load_config(words).data).display == Display()
    same = api.load("table", edges=edges, display={"type_rows": [["KC", "PN"], ["MBON"]]})
    assert same.display.type_rows == brain.display.type_rows
    both = [str(edges), {"name": "b", "edges": str(edges)}]
    joined = api.load("collection", members=both, display={"type_rows": [["KC"]]})
    assert joined.display.type_rows == (("KC",),)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["KC"], r"data\.display=\['KC'\]: must be \{type_rows: "),
        ({"rows": []}, r"data\.display\.rows: unknown option; there are .*type_rows, .*levels"),
        ({"type_rows": "KC"}, r"data\.display\.type_rows=KC: must be a list of rows; write \[\["),
        ({"type_rows": ["KC"]}, r"type_rows=\['KC'\]: must be a list of rows"),
        ({"type_rows": [["KC", 1]]}, r"type_rows: 1 is no text; write '1' in quotes"),
        ({"type_rows": [["KC"], ["KC"]]}, r"type_rows: 'KC' has 2 places; leave it one"),
        ({"type_rows": [["a"]] * 7}, r"7 rows of up to 1 types; there are markers for 6 rows"),
        ({"type_rows": [list("abcdefghij")]}, r"1 rows of up to 10 types; .* hues for 9 columns"),
        ({"homolog_levels": [0.5]}, r"homolog_levels=\[0\.5\]: must be a mapping; write \{LABEL"),
        ({"homolog_levels": {"a": 1.5}}, r"homolog_levels: 'a' is 1\.5; must be a share"),
        ({"homolog_levels": {"a": float("nan")}}, r"'a' is nan; must be a share"),
        ({"homolog_levels": {"a": True}}, r"'a' is True; must be a share"),
        ({"links": ["https://a/{id}"]}, r"links=.*: must be a mapping; write \{NAME: 'https"),
        (
            {"links": {"a": "http://a/{id}"}},
            r"'a' is http://a/\{id\}; it must begin with https",
        ),
        ({"links": {"a": "https://a/"}}, r"links: 'a' is https://a/; it must hold \{id\} once"),
        ({"links": {"a": 5}}, r"links: 'a' is 5; it must begin with https://"),
    ],
)
def test_wrong_shapes_are_named_in_one_line(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        display_of(given)
    assert "\n" not in str(error.value)


def test_a_wrong_display_is_refused_by_the_reader() -> None:
    config = OmegaConf.merge(load_config([]).data, {"display": {"type_rows": ["KC"]}})
    with pytest.raises(InputError, match=r"data\.display\.type_rows=\['KC'\]: must be a list"):
        build(config)


def test_a_link_comes_with_the_data_and_is_shared_by_a_sweep() -> None:
    ids = random_connectome(0)
    look = {"links": {"Codex": "https://a/{id}"}}
    read = displayed(lambda: ids)
    brain = read(display=look)
    assert brain.display.links == (("Codex", "https://a/{id}"),)
    assert read(display=look) is brain
    assert read() is ids
    with pytest.raises(InputError, match="must hold"):
        read(display={"links": {"a": "https://a/"}})


@pytest.mark.parametrize(
    "name", ["flywire", "flywire_right", "flywire_left_central", "hemibrain", "manc", "male_cns"]
)
def test_the_releases_link_to_their_own_pages(name: str) -> None:
    words = [f"data={name}", "data.root=/nowhere", "run_dir=/nowhere", "name=test"]
    look = display_of(OmegaConf.to_container(load_config(words).data.display))  # type: ignore[arg-type]
    [(site, address)] = look.links
    assert (site, "root_id={id}" in address or "bodyid={id}" in address) in {
        ("Codex", True),
        ("neuPrint", True),
    }
