"""What is drawn depends on the ids of the neurons, not on the order in which a table lists them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from connectome.data.readers import join
from connectome.data.readers.table import read_table
from connectome.data.splits import (
    PROTOCOLS,
    REGIMES,
    WHOLE,
    SplitConfig,
    audit_split,
    make_evaluation_pairs,
    message_graph,
    scored_parts,
    split_links,
    strata,
    training_negatives,
)
from connectome.data.splits.order import reordered
from connectome.metrics.links import rank_test_links
from connectome.runs import load_split, save_split
from connectome.scores import Embedding
from connectome.types import Connectome, LinkSplit, NotApplicableError
from tests.conftest import annotated_connectome

PARTS = ("train", "val", "test", "val_negatives", "test_negatives")
Named = list[tuple[object, ...]]


def connectome() -> Connectome:
    """With features, and an order of rows that is not that of the ids."""
    features = torch.randn(40, 2, generator=torch.Generator().manual_seed(0))
    return replace(annotated_connectome(4, edges=500), features=features)


def named(data: Connectome, pairs: torch.Tensor, directed: bool) -> Named:
    """Pairs by id, in their order; undirected ones either way round."""
    ids = data.neuron_ids[pairs.numpy()].T.tolist()
    return [tuple(pair) if directed else tuple(sorted(pair)) for pair in ids]


def shuffles(data: Connectome, count: int = 3) -> list[Connectome]:
    generator = torch.Generator().manual_seed(0)
    orders = [torch.randperm(data.num_neurons, generator=generator) for _ in range(count)]
    return [reordered(data, order) for order in [*orders, torch.tensor(data.neuron_ids).argsort()]]


def split_of(data: Connectome, protocol: str, directed: bool) -> LinkSplit:
    return split_links(data, SplitConfig(directed, protocol, 0.1, 0.2, seed=3))


def evaluation_pairs(data: Connectome, split: LinkSplit) -> dict[str, list[Named]]:
    found = {}
    for regime in REGIMES:
        try:
            evaluation = make_evaluation_pairs(data, split, regime, "test")
        except NotApplicableError:
            continue
        pairs = (evaluation.positives, evaluation.negatives)
        found[regime] = [named(data, each, split.directed) for each in pairs]
    return found


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("protocol", sorted(PROTOCOLS))
def test_the_order_of_rows_changes_no_draw(protocol: str, directed: bool) -> None:
    data = connectome()
    split = split_of(data, protocol, directed)
    parts = {name: named(data, getattr(split, name), directed) for name in PARTS}
    drawn = evaluation_pairs(data, split) if protocol != WHOLE else {}
    scored = scored_parts(split)
    for other in shuffles(data):
        again = split_of(other, protocol, directed)
        assert {name: named(other, getattr(again, name), directed) for name in PARTS} == parts
        assert audit_split(other, again, message_graph(other, again)).require().passed
        for part, (_, negatives) in scored_parts(again).items():
            before = named(data, scored[part][1], directed)
            assert sorted(named(other, negatives, directed)) == sorted(before)
        if protocol != WHOLE:
            assert evaluation_pairs(other, again) == drawn
            if not directed:
                pairs = torch.cat([getattr(again, name) for name in PARTS], dim=1)
                assert (pairs[0] < pairs[1]).all()


def test_rows_by_id_are_drawn_as_they_stand() -> None:
    """Nothing is renumbered, so splits of such data are what they always were."""
    by_id = shuffles(connectome())[-1]
    assert split_of(by_id, "random", True).order is None
    own = replace(connectome(), own_order=True)
    assert split_of(own, "random", True).order is None
    turned = reordered(own, torch.arange(39, -1, -1))
    assert split_of(turned, "random", True).order is None  # its rows are what splits follow


def test_strata_and_what_a_head_learns_from_are_the_same() -> None:
    data = connectome()
    split = split_of(data, "random", True)

    def kinds(of: Connectome, split: LinkSplit) -> dict[tuple[str, str], Named]:
        found = strata(of, split, split.test, split.test_negatives)
        return {
            (s.by, s.level): named(of, split.test[:, torch.from_numpy(s.positives)], True)
            for s in found
        }

    generator = torch.Generator()
    learnt = named(data, training_negatives(split, generator.manual_seed(0)), True)
    for other in shuffles(data):
        again = split_of(other, "random", True)
        assert kinds(other, again) == kinds(data, split)
        found = training_negatives(again, generator.manual_seed(0))
        assert named(other, found, True) == learnt


def test_the_presynaptic_neurons_that_are_sampled_are_the_same() -> None:
    data = connectome()

    def ranked(of: Connectome) -> Named:
        nothing = torch.zeros(of.num_neurons, 1)
        scorer = Embedding("none", of.neuron_ids, nothing, nothing)
        return sorted(
            named(of, rank_test_links(scorer, split_of(of, "random", True), 7).links, True)
        )

    assert all(ranked(other) == ranked(data) for other in shuffles(data))


def test_members_keep_their_order_and_their_neurons_may_stand_in_any(tmp_path: Path) -> None:
    first, second = connectome(), replace(annotated_connectome(5, edges=400), name="b")
    both = join("two", {"a": first, "b": second})
    split = split_of(both, "random", True)
    for other in shuffles(first, 1):
        mixed = join("two", {"a": other, "b": second})
        again = split_of(mixed, "random", True)
        for name in PARTS:
            pairs = named(mixed, getattr(again, name), True)
            assert pairs == named(both, getattr(split, name), True)
    save_split(tmp_path / "split.npz", split)
    loaded = load_split(tmp_path / "split.npz")
    assert loaded.order is not None
    assert split.order is not None
    assert torch.equal(loaded.order, split.order)
    assert evaluation_pairs(both, loaded) == evaluation_pairs(both, split)


def test_a_neuron_table_in_another_order_is_split_alike(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ids = np.arange(100, 130)
    edges = pd.DataFrame(rng.choice(ids, (200, 2)), columns=["pre", "post"])
    edges.to_csv(tmp_path / "edges.csv", index=False)
    found = set()
    for k, order in enumerate([ids, ids[::-1], rng.permutation(ids)]):
        path = tmp_path / f"neurons{k}.csv"
        pd.DataFrame({"neuron_id": order}).to_csv(path, index=False)
        data = read_table(str(tmp_path / "edges.csv"), neurons=str(path))
        assert data.neuron_ids.tolist() == order.tolist()
        found.add(tuple(named(data, split_of(data, "random", True).test, True)))
    assert len(found) == 1
