from collections import Counter

import numpy as np

from connectome.data import SplitConfig, split_links, strata
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
