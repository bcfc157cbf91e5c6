"""Every reader keeps and drops neurons by their annotations, and says so."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import connectome
from connectome.config import build, identity, load_config, open_groups
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.types import Connectome, InputError
from tests.data.test_celegans import write_package
from tests.data.test_larva_brain import miniature
from tests.data.test_release import A, B, C, D, codex, edges_of
from tests.programs import run_program

NEURONS = "neuron_id,kind,size\n1,a,3\n2,a,4\n3,b,\n4,,4\n"
EDGES = "pre,post\n1,2\n2,3\n3,4\n4,1\n1,3\n"


def read(*words: str) -> Connectome:
    brain: Connectome = build(load_config([*words, "run_dir=/nowhere", "name=test"]).data)
    return brain


@pytest.fixture
def table(tmp_path: Path) -> tuple[str, ...]:
    for name, text in (("neurons.csv", NEURONS), ("edges.csv", EDGES)):
        (tmp_path / name).write_text(text)
    files = (f"data.edges={tmp_path / 'edges.csv'}", f"data.neurons={tmp_path / 'neurons.csv'}")
    return ("data=table", *files)


def lost(brain: Connectome) -> list[tuple[str, str]]:
    assert brain.receipt is not None
    return [(part.amount, part.why) for part in brain.receipt.left_out]


def test_keep_by_hand(table: tuple[str, ...], caplog: pytest.LogCaptureFixture) -> None:
    brain = read(*table, "data.keep.kind=[a]")
    assert brain.neuron_ids.tolist() == [1, 2]
    assert edges_of(brain) == {(1, 2): 1}
    assert lost(brain) == [
        ("1 of 4 neurons", "data.keep.kind=[a]"),
        ("1 of 4 neurons", "no value in 'kind' (data.keep.kind=[a])"),
        ("4 of 5 edges (4 of 5 synapses)", "of a neuron that is left out"),
    ]
    assert "no value in 'kind' (data.keep.kind=[a]); " in caplog.text  # a warning: nobody asked it


def test_drop_by_hand(table: tuple[str, ...]) -> None:
    brain = read(*table, "data.drop.kind=[a]")
    assert brain.neuron_ids.tolist() == [3, 4]  # the neuron without a kind stays
    assert edges_of(brain) == {(3, 4): 1}
    assert brain.receipt is not None
    assert brain.receipt.notes[-1] == (
        "1 neuron kept without a value in 'kind' (data.drop.kind=[a])"
    )


def test_several_columns_narrow_one_after_the_other(table: tuple[str, ...]) -> None:
    brain = read(*table, "data.keep.kind=[a,b]", "data.drop.size=[4]")
    assert brain.neuron_ids.tolist() == [1, 3]  # 3 has no size
    assert ("1 of 3 neurons", "data.drop.size=[4]") in lost(brain)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("data.keep.sort=[a]", r"data\.keep names the column 'sort'; choose one of kind, size"),
        ("data.drop.kind=[c]", r"data\.drop\.kind=\[c\] fits no neuron; choose among .* a, b"),
        ("data.drop.kind=[a,b]", None),
        ("data.keep.kind=a", r"data\.keep\.kind=a: must be a list; write \[a\]"),
        ("data.keep.size=[3.5]", r"size=\[3\.5\] fits no neuron; choose among .* 3"),
        ("data.keep.kind=null", None),
        ("data.drawn_by_connectivity.kind=2", "must be true or false"),
    ],
)
def test_what_is_refused(table: tuple[str, ...], word: str, said: str | None) -> None:
    if said is None:
        assert read(*table, word).num_neurons in (1, 4)
        return
    with pytest.raises(InputError, match=said):
        read(*table, word)


def test_nothing_left_is_refused(table: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="leave no neuron; name other values"):
        read(*table, "data.keep.kind=[a]", "data.drop.size=[3,4]")


def test_every_reader(tmp_path: Path, larva_words: tuple[str, ...]) -> None:
    codex(tmp_path)
    package = write_package(tmp_path / "cect")
    cases: list[tuple[tuple[str, ...], str, set[Any]]] = [
        (("data=mushroom_body", "data.keep.cell_type=[input]"), "cell_type", {"input"}),
        (("data=blockmodel", "data.neurons=60", "data.edges=300", "data.types=3",
          "data.drop.cell_type=[T0]"), "cell_type", {"T1", "T2"}),
        (("data=flywire", f"data.root={tmp_path}", "data.drop.super_class=[central]"),
         "super_class", {"optic"}),
        (("data=celegans", f"data.root={package}", "data.members=[witvliet_1]",
          "data.keep.cell_type=[inter]"), "cell_type", {"inter"}),
        (("data=celegans", f"data.root={package}", "data.members=[witvliet_1,witvliet_2]",
          "data.drop.member=[witvliet_1]"), "member", {"witvliet_2"}),
        ((*larva_words, "data.keep.hemisphere=[left]"), "hemisphere", {"left"}),
    ]  # fmt: skip
    for words, column, left in cases:
        assert set(read(*words).neurons[column]) == left, words


@pytest.fixture
def larva_words(tmp_path: Path) -> tuple[str, ...]:
    archive = miniature(tmp_path)
    return ("data=larva_brain", f"data.archive={archive}", "data.sha256=null")


def test_both_hemispheres_of_flywire_have_a_reader(tmp_path: Path) -> None:
    edges = {"pre_root_id": [A, B, C], "post_root_id": [B, A, D], "syn_count": [5, 7, 9]}
    pd.DataFrame(edges).to_parquet(tmp_path / "connections.parquet")
    kinds = {"root_id": [A, B, C, D], "super_class": ["optic", "optic", "central", "central"]}
    pd.DataFrame(kinds).to_parquet(tmp_path / "neurons.parquet")
    for name in ("flywire_right", "flywire_left_central"):
        words = (f"data={name}", f"data.root={tmp_path}", "data.drop.super_class=[optic]")
        brain = read(*words)
        assert brain.name == name
        assert edges_of(brain) == {(C, D): 9}
        assert brain.drawn_by_connectivity["cell_type"]
        assert not brain.drawn_by_connectivity["hemilineage"]
        assert read(*words) is brain  # the jobs of a sweep share it


def test_brains_that_are_joined_keep_their_members() -> None:
    both = read("data=mushroom_body", "data.side=both", "data.drop.cell_type=[Kenyon]")
    alone = [read_mushroom_body(side, drop={"cell_type": ["Kenyon"]}) for side in ("left", "right")]
    assert both.member_sizes == tuple(one.num_neurons for one in alone)
    assert both.num_edges == sum(one.num_edges for one in alone)
    one = read("data=mushroom_body", "data.side=both", "data.keep.member=[right]")
    assert (one.member_names, one.num_neurons) == ((), 213)


def test_python_says_it_likewise() -> None:
    brain = connectome.load("mushroom_body", keep={"cell_type": ["Kenyon"]})
    assert set(brain.neurons["cell_type"]) == {"Kenyon"}


def test_asked_for_by_name_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read("data=mushroom_body", "data.drop.cell_type=[output]")
    assert caplog.text == ""


def test_it_is_part_of_what_makes_a_run() -> None:
    run = ("run_dir=/nowhere", "name=test")
    plain = load_config([*run])
    chosen = load_config([*run, "data.drop.cell_type=[Kenyon]"])
    assert identity(plain) != identity(chosen)
    assert "keep" not in identity(plain)["data"]  # as before there was the option
    told = load_config([*run, "data.drawn_by_connectivity.cell_type=true"])
    assert identity(told) == identity(plain)


def test_a_run_is_read_again_as_it_was(tmp_path: Path) -> None:
    words = ("model=l3", "logger=none", "~callbacks.progress", "data.drop.cell_type=[Kenyon]")
    done = run_program("train.py", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run_program("evaluate.py", "runs=outputs/mushroom_body", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run_program("train.py", *words, "data.drop.cell_type=[input]", cwd=tmp_path)
    assert done.returncode == 0, done.stderr  # another run
    assert len(list((tmp_path / "outputs" / "mushroom_body").glob("l3-*"))) == 2


def test_columns_need_no_plus() -> None:
    words = ["data.keep.x=[a]", "home.drop.y=[b]", "+data.keep.x=[a]", "data.keep={}", "seed=1"]
    assert open_groups(words) == ["++data.keep.x=[a]", "++home.drop.y=[b]", *words[2:]]
