from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from connectome.data.splits import SplitConfig, split_links, strata
from connectome.data.tabular import assemble
from connectome.types import Connectome, LinkSplit
from tests.conftest import annotated_connectome


def test_strata_by_hand() -> None:
    connectome = annotated_connectome(7, edges=500)
    split = split_links(connectome, SplitConfig(True, "random", 0.1, 0.3))
    found = strata(connectome, split, split.test, split.test_negatives)
    edges = {tuple(pair): k for k, pair in enumerate(connectome.edge_index.T.tolist())}
    at = [edges[tuple(pair)] for pair in split.test.T.tolist()]
    synapses = connectome.synapses[at].numpy()
    by = {(s.by, s.level): s for s in found}
    assert np.array_equal(by["synapses", "3-4"].positives, (synapses >= 3) & (synapses <= 4))
    ad = connectome.edge_type_synapses[at, 1].numpy() > 0
    assert np.array_equal(by["edge_type", "ad"].positives, ad)
    assert by["edge_type", "ad"].negatives is None
    in_decile = Counter(sum(s.positives for s in found if s.by == "degree_decile"))
    assert in_decile == {1: split.test.shape[1]}  # every link in exactly one decile
    of_negatives = sum(s.negatives.sum() for s in found if s.negatives is not None)
    assert of_negatives == split.test_negatives.shape[1]


def test_an_undirected_link_counts_the_synapses_of_both_directions() -> None:
    connectome = annotated_connectome(7, edges=500)
    split = split_links(connectome, SplitConfig(False, "random", 0.1, 0.3))
    total = dict.fromkeys(map(tuple, split.test.T.tolist()), 0.0)
    for (i, j), count in zip(
        connectome.edge_index.T.tolist(), connectome.synapses.tolist(), strict=True
    ):
        key = (min(i, j), max(i, j))
        if key in total:
            total[key] += count
    strong = next(
        s for s in strata(connectome, split, split.test, split.test[:, :1]) if s.level == "10+"
    )
    assert np.array_equal(strong.positives, np.array([count >= 10 for count in total.values()]))


def split_of(connectome: Connectome) -> LinkSplit:
    return split_links(connectome, SplitConfig(True, "random", 0.1, 0.4))


def synapse_levels(connectome: Connectome) -> dict[str, np.ndarray]:
    """Links of each level of all training links, which every link is in exactly once."""
    split = split_of(connectome)
    found = strata(connectome, split, split.train, split.val_negatives)
    levels = {s.level: s.positives for s in found if s.by == "synapses"}
    assert (sum(mask.astype(int) for mask in levels.values()) == 1).all()
    at = {tuple(pair): k for k, pair in enumerate(connectome.edge_index.T.tolist())}
    weights = connectome.synapses[[at[tuple(pair)] for pair in split.train.T.tolist()]]
    return {level: weights[mask].numpy() for level, mask in levels.items()}


def weighted(weights: list[float]) -> Connectome:
    """A ring in which every weight comes fifty times."""
    n = 50 * len(weights)
    ids = np.arange(n)
    return assemble("ring", ids, ids, (ids + 1) % n, np.repeat(weights, 50))


def test_fractional_weights_are_in_one_level_each() -> None:
    weights = [0.25, 1.0, 1.5, 2.5, 4.5, 5.0, 9.5, 10.0]
    levels = {
        level: sorted({*w.tolist()}) for level, w in synapse_levels(weighted(weights)).items()
    }
    assert levels == {
        "0 to <1": [0.25], "1 to <2": [1.0, 1.5], "2 to <3": [2.5], "3 to <5": [4.5],
        "5 to <10": [5.0, 9.5], "10+": [10.0],
    }  # fmt: skip


def test_whole_counts_keep_their_names() -> None:
    weights = [1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 10.0, 99.0]
    levels = {
        level: sorted({*w.tolist()}) for level, w in synapse_levels(weighted(weights)).items()
    }
    assert levels == {"1": [1], "2": [2], "3-4": [3, 4], "5-9": [5, 9], "10+": [10, 99]}


@pytest.mark.parametrize("seed", range(5))
def test_random_positive_weights_are_in_one_level_each(seed: int) -> None:
    weights = np.random.default_rng(seed).lognormal(1, 2, 20)
    assert sum(map(len, synapse_levels(weighted(weights.tolist())).values())) > 0


def test_equal_degrees_and_edges_without_a_type_are_in_a_level_too() -> None:
    plain = weighted([1.0, 2.0])
    typed = torch.zeros(plain.num_edges, 2, dtype=torch.float64)
    typed[::2, 0] = plain.synapses[::2]  # every other edge is of a type, the other type has none
    connectome = replace(plain, edge_type_names=("aa", "ad"), edge_type_synapses=typed)
    split = split_of(connectome)
    found = strata(connectome, split, split.train, split.val_negatives)
    by_type = {s.level: s.positives for s in found if s.by == "edge_type"}
    assert list(by_type) == ["aa", "(none)"]
    assert (by_type["aa"] ^ by_type["(none)"]).all()
    deciles = [s for s in found if s.by == "degree_decile"]  # all degrees are 0 or 1
    assert (sum(s.positives.astype(int) for s in deciles) == 1).all()
