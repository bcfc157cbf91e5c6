from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from connectome.data.features import structural_profile
from connectome.data.neurons import homologs
from connectome.data.readers import join, members_of
from connectome.data.readers.collection import read_collection
from connectome.data.readers.larva_brain import read_larva_brain
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.readers.selection import take_neurons
from connectome.data.splits import (
    AbsentPairs,
    SplitConfig,
    audit_split,
    make_evaluation_pairs,
    message_graph,
    split_links,
)
from connectome.runs import load_split, save_split
from connectome.types import Connectome, InputError, LinkSplit
from tests.conftest import annotated_connectome, random_connectome


@pytest.fixture(scope="module")
def both() -> Connectome:
    return read_mushroom_body("both")


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("protocol", ["random", "reciprocal"])
def test_no_pair_of_a_split_lies_between_two_brains(
    both: Connectome, directed: bool, protocol: str
) -> None:
    split = split_links(both, SplitConfig(directed=directed, protocol=protocol))
    for part in ("train", "val", "test", "val_negatives", "test_negatives"):
        ends = both.member[getattr(split, part)]
        assert torch.equal(ends[0], ends[1]), part
        assert set(ends[0].tolist()) == {0, 1}, part
    audit = audit_split(both, split, message_graph(both, split))
    assert audit.passed
    assert audit.leaks["test_negatives: pairs of two brains"] == 0


def test_the_audit_finds_a_negative_between_two_brains(both: Connectome) -> None:
    split = split_links(both, SplitConfig(directed=True))
    between = torch.tensor([[0], [both.num_neurons - 1]])
    tampered = replace(split, test_negatives=torch.cat([split.test_negatives, between], dim=1))
    audit = audit_split(both, tampered, message_graph(both, split))
    assert audit.leaks["test_negatives: pairs of two brains"] == 1


@pytest.mark.parametrize("directed", [False, True])
def test_absent_pairs_are_all_those_within_a_brain_and_no_others(directed: bool) -> None:
    brains = {name: random_connectome(k, neurons=n, edges=20) for k, (name, n) in
              enumerate({"a": 6, "b": 9, "c": 5}.items())}  # fmt: skip
    joined = join("three", {name: replace(b, name=name) for name, b in brains.items()})
    n, sizes = joined.num_neurons, joined.member_sizes
    absent = AbsentPairs.of(joined.edge_index, n, directed, sizes)
    drawn = absent.sample_distinct(absent.count, torch.Generator().manual_seed(0))
    linked = set(map(tuple, joined.edge_index.T.tolist()))
    linked = linked if directed else linked | {(j, i) for i, j in linked}
    member = joined.member.tolist()
    expected = {
        (i, j)
        for i in range(n)
        for j in range(n)
        if i != j and member[i] == member[j] and (i, j) not in linked and (directed or i < j)
    }
    assert set(map(tuple, drawn.T.tolist())) == expected


def test_every_regime_stays_within_brains(both: Connectome) -> None:
    split = split_links(both, SplitConfig(directed=True))
    for regime in ("degree_matched", "reversed", "hard", "same_cell_type"):
        evaluation = make_evaluation_pairs(both, split, regime, "test")
        ends = both.member[evaluation.negatives]
        assert torch.equal(ends[0], ends[1]), regime


def test_members_survive_the_file_of_a_split(both: Connectome, tmp_path: Path) -> None:
    split = split_links(both, SplitConfig())
    save_split(tmp_path / "split.npz", split)
    assert load_split(tmp_path / "split.npz").member_sizes == (209, 213)


def test_joined_brains_come_apart_as_they_were(both: Connectome) -> None:
    parts = members_of(both)
    assert list(parts) == ["left", "right"]
    for side, part in parts.items():
        alone = read_mushroom_body(side)
        assert part.fingerprint == alone.fingerprint
        assert part.neurons["cell_type"].tolist() == alone.neurons["cell_type"].tolist()


def test_a_neuron_has_the_same_profile_whatever_brains_stand_beside_its_own(
    both: Connectome,
) -> None:
    def profile(connectome: Connectome) -> torch.Tensor:
        split = LinkSplit(
            connectome.num_neurons, True, "whole", 0,
            *[connectome.edge_index, *[torch.empty(2, 0, dtype=torch.int64)] * 4],
            member_sizes=connectome.member_sizes,
        )  # fmt: skip
        return structural_profile(message_graph(connectome, split))

    joined = profile(both)
    alone = torch.cat([profile(read_mushroom_body(side)) for side in ("left", "right")])
    torch.testing.assert_close(joined, alone, rtol=1e-5, atol=1e-5)


def test_ids_that_repeat_are_told_apart_by_the_brain() -> None:
    one, other = annotated_connectome(3), annotated_connectome(3)
    joined = join("twins", {"a": one, "b": other})
    assert joined.neuron_ids[0] == f"a:{one.neuron_ids[0]}"
    assert joined.neurons["neuron"][0] == str(one.neuron_ids[0])
    assert joined.neurons["member"].value_counts().to_dict() == {"a": 40, "b": 40}
    mate = homologs(joined).numpy()
    assert np.array_equal(mate[:40], homologs(one).numpy())  # homologs are those of one's own brain
    paired = mate[40:] >= 0
    assert (mate[40:][paired] == homologs(other).numpy()[paired] + 40).all()


def test_ids_that_are_different_stay_as_they_are(both: Connectome) -> None:
    assert "L-K-001" in both.neuron_ids.tolist()
    assert "R-K-001" in both.neuron_ids.tolist()


def test_an_edge_between_members_is_refused(both: Connectome) -> None:
    with pytest.raises(InputError, match="an edge leads from one member to another"):
        replace(both, member_sizes=(200, 222))
    with pytest.raises(InputError, match="2 members of"):
        replace(both, member_sizes=(200, 200))


def test_a_part_keeps_what_belongs_to_its_neurons() -> None:
    whole = annotated_connectome(1)
    rows = np.arange(5, 25)
    part = take_neurons(whole, rows, "part")
    assert part.neuron_ids.tolist() == whole.neuron_ids[rows].tolist()
    kept = torch.isin(whole.edge_index, torch.from_numpy(rows)).all(dim=0)
    assert torch.equal(part.edge_index, whole.edge_index[:, kept] - 5)
    assert torch.equal(part.edge_type_synapses, whole.edge_type_synapses[kept])


def write_tables(folder: Path) -> list[str]:
    paths = []
    for number in (1, 2, 3):
        edges = random_connectome(number)
        ids = edges.neuron_ids
        table = pd.DataFrame(
            {"pre": ids[edges.edge_index[0]], "post": ids[edges.edge_index[1]], "n": edges.synapses}
        )
        path = folder / f"animal_{number}.csv"
        table.to_csv(path, index=False)
        paths.append(str(path))
    return paths


def test_tables_of_a_user_are_joined(tmp_path: Path) -> None:
    paths = write_tables(tmp_path)
    members = [paths[0], {"name": "second", "edges": paths[1], "min_synapses": 3}, paths[2]]
    joined = read_collection(members, synapses="n")
    assert joined.member_names == ("animal_1", "second", "animal_3")
    assert float(joined.synapses[joined.member[joined.edge_index[0]] == 1].min()) >= 3
    fewer = read_collection(members, without="second", synapses="n")
    assert fewer.member_names == ("animal_1", "animal_3")
    assert fewer.name == "collection_without_second"
    alone = read_collection(paths[:2], without="animal_1", synapses="n")
    assert alone.name == "collection_animal_2"
    assert alone.neurons["neuron"].tolist() == [str(x) for x in alone.neuron_ids.tolist()]
    with pytest.raises(InputError, match=r"no member is left; name one more in data\.members"):
        read_collection(paths[:1], without="animal_1", synapses="n")


def test_what_is_wrong_with_a_collection_is_named(tmp_path: Path) -> None:
    paths = write_tables(tmp_path)
    with pytest.raises(InputError, match="'animal_1' twice"):
        read_collection([paths[0], paths[0]])
    with pytest.raises(InputError, match=r"data\.without=nobody: choose one of animal_1, animal_2"):
        read_collection(paths[:2], without="nobody")
    with pytest.raises(InputError, match="has no edges; give edges=FILE"):
        read_collection([{"name": "a"}])
    with pytest.raises(InputError, match=r"give a list, data.members=\["):
        read_collection(paths[0])
    with pytest.raises(InputError, match=r"data\.members: 3: give files, or {name: NAME"):
        read_collection([paths[0], 3])  # type: ignore[list-item]
    with pytest.raises(InputError, match="colour: unknown option; choose among name, edges, "):
        read_collection([{"edges": paths[0], "colour": "red"}])
    with pytest.raises(InputError, match="edgs: unknown option; choose among name, edges, "):
        read_collection([{"edgs": paths[0]}])


def test_hemispheres_of_the_larval_brain(larva_archive: Path) -> None:
    apart = read_larva_brain(str(larva_archive), side="both")
    bridged = read_larva_brain(str(larva_archive), side="bridged")
    left = read_larva_brain(str(larva_archive), side="left")
    assert apart.member_sizes == (1299, 1307)
    assert apart.num_edges == 62878
    assert bridged.num_neurons == 2606
    assert bridged.num_edges == 90161  # the edges across the midline come back
    assert not bridged.member_sizes
    assert left.fingerprint == members_of(apart)["left"].fingerprint
    with pytest.raises(InputError, match=r"data\.side=top: choose one of whole, left"):
        read_larva_brain(str(larva_archive), side="top")


@pytest.mark.parametrize("column", ["member", "neuron"])
def test_columns_of_a_user_are_not_overwritten(tmp_path: Path, column: str) -> None:
    edges, neurons = tmp_path / "e.csv", tmp_path / "n.csv"
    edges.write_text("pre,post\nA,B\n")
    neurons.write_text(f"neuron_id,{column}\nA,x\nB,y\n")
    members = [{"edges": str(edges), "neurons": str(neurons), "name": "mine"}]
    with pytest.raises(InputError, match=f"neuron table of mine has a column '{column}'"):
        read_collection(members)
