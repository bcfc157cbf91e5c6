from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from connectome.data.neurons import homologs
from connectome.data.readers.larva_brain import read_larva_brain
from connectome.data.splits import PROTOCOLS, SplitConfig, audit_split, message_graph, split_links
from connectome.types import Connectome, InputError, LinkSplit
from tests.conftest import annotated_connectome, random_connectome

Pair = tuple[int, int]


def rows(pairs: torch.Tensor) -> set[Pair]:
    return {(int(i), int(j)) for i, j in pairs.T}


def partners(connectome: Connectome) -> dict[int, int]:
    ids = connectome.neuron_ids.tolist()
    named = connectome.neurons["pair_id"].tolist()
    return {i: ids.index(other) for i, other in enumerate(named) if not pd.isna(other)}


def leaks(connectome: Connectome, split: LinkSplit, protocol: str) -> int:
    """Held-out links with a relative in another part that the protocol promises to keep apart."""
    parts = [rows(part) for part in (split.train, split.val, split.test)]
    partner = partners(connectome)
    types = connectome.neurons["cell_type"].tolist()

    def relatives(pair: Pair) -> set[Pair]:
        found = {pair}
        if protocol != "random" or not split.directed:
            found.add(pair[::-1])
        if protocol == "orbit" and pair[0] in partner and pair[1] in partner:
            mirrored = partner[pair[0]], partner[pair[1]]
            found |= {mirrored, mirrored[::-1]}
        return found

    count = 0
    for own in range(3):
        others = set().union(*(parts[other] for other in range(3) if other != own))
        if protocol == "neuron":
            trained = {neuron for pair in parts[0] for neuron in pair}
            count += own > 0 and sum(trained.issuperset(pair) for pair in parts[own])
        elif protocol == "cell_type_block":
            blocks = {frozenset((types[i], types[j])) for i, j in others}
            count += sum(frozenset((types[i], types[j])) in blocks for i, j in parts[own] if own)
        else:
            count += sum(bool(relatives(pair) & others) for pair in parts[own])
    return count


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    edges=st.integers(150, 700),
    directed=st.booleans(),
    protocol=st.sampled_from(sorted(PROTOCOLS)),
)
def test_no_protocol_leaks(seed: int, edges: int, directed: bool, protocol: str) -> None:
    connectome = annotated_connectome(seed, edges=edges)
    config = SplitConfig(directed, protocol, val_fraction=0.2, test_fraction=0.25, seed=seed)
    try:
        split = split_links(connectome, config)
    except InputError:
        assume(protocol not in ("cell_type_block", "neuron"))  # coarse units do not always fit
        raise
    assert leaks(connectome, split, protocol) == 0
    audit = audit_split(connectome, split, message_graph(connectome, split)).require()
    assert audit.protocol == protocol
    links = torch.cat([split.train, split.val, split.test], dim=1)
    assert len(rows(links)) == links.shape[1]


@pytest.mark.parametrize(
    ("protocol", "weaker"),
    [("orbit", "reciprocal"), ("reciprocal", "random"), ("cell_type_block", "orbit")],
)
def test_audit_tells_a_weaker_protocol_from_the_promised_one(protocol: str, weaker: str) -> None:
    connectome = annotated_connectome(3, edges=600)
    split = split_links(connectome, SplitConfig(True, weaker, 0.2, 0.2, seed=1))
    assert leaks(connectome, split, protocol) > 0
    claimed = replace(split, protocol=protocol)
    with pytest.raises(InputError, match="the split leaks"):
        audit_split(connectome, claimed, message_graph(connectome, claimed)).require()


def test_audit_tells_a_neuron_split_from_a_random_one() -> None:
    connectome = annotated_connectome(3, edges=600)
    split = replace(split_links(connectome, SplitConfig(True, "random")), protocol="neuron")
    with pytest.raises(InputError, match="two neurons seen in training"):
        audit_split(connectome, split, message_graph(connectome, split)).require()


def test_audit_counts_what_a_protocol_leaves_open() -> None:
    connectome = annotated_connectome(5, edges=600)
    split = split_links(connectome, SplitConfig(True, "random", 0.2, 0.2, seed=2))
    audit = audit_split(connectome, split, message_graph(connectome, split))
    train, partner = rows(split.train), partners(connectome)
    mirrored = [(partner[i], partner[j]) for i, j in rows(split.test) if {i, j} <= set(partner)]
    assert audit.exposure["test: reverse in training"] == sum(
        (j, i) in train for i, j in rows(split.test)
    )
    assert audit.exposure["test: both neurons have homologs"] == len(mirrored)
    assert audit.exposure["test: mirror in training"] == sum(m in train for m in mirrored)
    assert "mirror in training" in audit.line()
    assert set(audit.graph_seen) == {"audit"}


def test_neuron_split_leaves_held_out_neurons_without_edges(mushroom: Connectome) -> None:
    split = split_links(mushroom, SplitConfig(True, "neuron"))
    seen = set(message_graph(mushroom, split).edge_index.flatten().tolist())
    assert all(not {i, j} <= seen for i, j in rows(split.test))
    share = split.test.shape[1] / (mushroom.num_edges - split.dropped_self_loops)
    assert 0.05 < share < 0.15


def test_unknown_protocol_is_refused() -> None:
    with pytest.raises(InputError, match=r"split\.protocol=mirror: choose one of random, recip"):
        SplitConfig(protocol="mirror")


def test_protocols_say_what_they_need(mushroom: Connectome) -> None:
    with pytest.raises(InputError, match="no column 'pair_id'"):
        split_links(mushroom, SplitConfig(protocol="orbit"))
    with pytest.raises(InputError, match="no column 'cell_type'"):
        split_links(random_connectome(0), SplitConfig(protocol="cell_type_block"))


def test_homologs_that_do_not_name_each_other_are_refused() -> None:
    connectome = random_connectome(0, neurons=6, edges=20)
    ids = connectome.neuron_ids
    one_sided = pd.DataFrame({"pair_id": [ids[1], ids[2], ids[1], None, None, None]})
    with pytest.raises(InputError, match=f"'pair_id' of {ids[0]} is {ids[1]}"):
        homologs(replace(connectome, neurons=one_sided))


def test_homologs_outside_the_data_are_none() -> None:
    connectome = random_connectome(0, neurons=4, edges=10)
    ids = connectome.neuron_ids
    table = pd.DataFrame({"pair_id": pd.array([ids[1], ids[0], 999_999, None], dtype="Int64")})
    assert homologs(replace(connectome, neurons=table)).tolist() == [1, 0, -1, -1]


def test_homologs_by_name() -> None:
    connectome = random_connectome(0, neurons=4, edges=10)
    named = replace(connectome, neuron_ids=np.array(["AL", "AR", "BL", "C"]))
    table = pd.DataFrame({"pair_id": ["AR", "AL", None, np.nan]})
    assert homologs(replace(named, neurons=table)).tolist() == [1, 0, -1, -1]


def test_larva_orbits(larva_archive: object) -> None:
    connectome = read_larva_brain(str(larva_archive))
    assert int((homologs(connectome) >= 0).sum()) == 2 * 1235
    split = split_links(connectome, SplitConfig(True, "orbit"))
    audit = audit_split(connectome, split, message_graph(connectome, split)).require()
    assert audit.exposure["test: mirror either way in training"] == 0
    assert 0.6 < audit.exposure["test: both neurons have homologs"] / split.test.shape[1] < 0.8
