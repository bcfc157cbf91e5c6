import numpy as np
import pytest
import torch

from connectome.data.neurons import cell_types
from connectome.data.splits import (
    REGIMES,
    EvaluationPairs,
    SplitConfig,
    make_evaluation_pairs,
    message_graph,
    split_links,
)
from connectome.data.splits.hardest import hardest
from connectome.runs import load_evaluation_pairs, save_evaluation_pairs
from connectome.scores import NeighbourScore
from connectome.types import Connectome, InputError, LinkSplit
from tests.conftest import annotated_connectome


def rows(pairs: torch.Tensor) -> list[tuple[int, int]]:
    return [(int(i), int(j)) for i, j in pairs.T]


def drawn(regime: str, directed: bool = True) -> tuple[Connectome, LinkSplit, EvaluationPairs]:
    connectome = annotated_connectome(4, edges=500)
    split = split_links(connectome, SplitConfig(directed, "random", 0.1, 0.2, seed=3))
    return connectome, split, make_evaluation_pairs(connectome, split, regime, "test")


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("regime", sorted(REGIMES))
def test_negatives_are_no_links_and_positives_are_held_out(regime: str, directed: bool) -> None:
    if regime == "reversed" and not directed:
        pytest.skip("an undirected link has no reversal")
    connectome, split, evaluation = drawn(regime, directed)
    edges = set(rows(connectome.edge_index))
    edges |= set() if directed else {(j, i) for i, j in edges}
    assert not edges & set(rows(evaluation.negatives))
    assert all(i != j for i, j in rows(evaluation.negatives))
    assert set(rows(evaluation.positives)) <= set(rows(split.test))
    if evaluation.paired:
        assert evaluation.positives.shape == evaluation.negatives.shape


@pytest.mark.parametrize("regime", sorted(REGIMES))
def test_same_split_same_negatives(regime: str) -> None:
    torch.manual_seed(0)
    first = drawn(regime)[2]
    torch.manual_seed(1)
    assert torch.equal(first.negatives, drawn(regime)[2].negatives)


@pytest.mark.parametrize("directed", [True, False])
def test_degree_matched_uses_every_neuron_as_often_as_the_links_do(directed: bool) -> None:
    _, split, evaluation = drawn("degree_matched", directed)
    assert evaluation.negatives.shape == split.test.shape
    sides = zip(evaluation.negatives, split.test, strict=True)
    if not directed:
        sides = iter([(evaluation.negatives.flatten(), split.test.flatten())])
    for mine, links in sides:
        assert torch.equal(mine.sort().values, links.sort().values)


def test_degree_matched_on_a_dense_graph_uses_no_neuron_too_often(mushroom: Connectome) -> None:
    for directed in (True, False):
        split = split_links(mushroom, SplitConfig(directed))
        evaluation = make_evaluation_pairs(mushroom, split, "degree_matched", "test")
        assert evaluation.negatives.shape[1] > 0.95 * split.test.shape[1]
        sides = [(evaluation.negatives[k], split.test[k]) for k in (0, 1)]
        if not directed:
            sides = [(evaluation.negatives.flatten(), split.test.flatten())]
        for mine, links in sides:
            more = torch.bincount(mine, minlength=213) - torch.bincount(links, minlength=213)
            assert (more <= 0).all()


def test_reversed_are_the_one_way_links_turned_round() -> None:
    connectome, split, evaluation = drawn("reversed")
    edges = set(rows(connectome.edge_index))
    one_way = [(i, j) for i, j in rows(split.test) if (j, i) not in edges]
    assert rows(evaluation.positives) == one_way
    assert torch.equal(evaluation.negatives, evaluation.positives.flip(0))


def test_same_cell_type_keeps_both_types() -> None:
    connectome, _, evaluation = drawn("same_cell_type")
    code, _ = cell_types(connectome)
    assert (code[evaluation.positives] >= 0).all()
    assert torch.equal(code[evaluation.positives], code[evaluation.negatives])


def test_hard_negatives_keep_one_neuron_and_outscore_uniform_ones(mushroom: Connectome) -> None:
    split = split_links(mushroom, SplitConfig(directed=True))
    evaluation = make_evaluation_pairs(mushroom, split, "hard", "test")
    same = evaluation.positives == evaluation.negatives
    assert same[0, 0::2].all()
    assert same[1, 1::2].all()
    graph = message_graph(mushroom, split)
    score = NeighbourScore("l3", graph.neuron_ids, graph.edge_index, directed=True)
    hard, uniform = (score.score_pairs(p) for p in (evaluation.negatives, split.test_negatives))
    assert hard.mean() > 2 * uniform.mean()


def test_hard_negatives_come_from_the_best_ranked(mushroom: Connectome) -> None:
    split = split_links(mushroom, SplitConfig(directed=True))
    evaluation = make_evaluation_pairs(mushroom, split, "hard", "test")
    graph = message_graph(mushroom, split)
    edges = set(rows(mushroom.edge_index))
    rules = ("resource_allocation", "l3")
    scores = [NeighbourScore(r, np.arange(213), graph.edge_index, directed=True) for r in rules]
    for sender, receiver in rows(evaluation.negatives)[0:100:2]:  # these keep their sender
        values = [score.score_rows(torch.tensor([sender]))[0] for score in scores]
        absent = [j for j in range(213) if j != sender and (sender, j) not in edges]
        ranks = [sum(float(v[j]) > float(v[receiver]) for j in absent) for v in values]
        assert min(ranks) < 50


@pytest.mark.parametrize("count", [1, 5, 12, 30])
def test_hardest_columns_are_those_of_full_sorts(count: int) -> None:
    rng = np.random.default_rng(3)
    scores = [rng.integers(0, 4, size=(40, 12)).astype(float) for _ in range(3)]  # many are equal
    found = hardest(scores, count)
    assert found.shape == (40, min(count, 12))
    for row, columns in enumerate(found):
        ranks = [sorted(range(12), key=lambda j: (-s[row, j], j)) for s in scores]
        best = {j: min(order.index(j) for order in ranks) for j in range(12)}
        assert list(columns) == sorted(best, key=lambda j: (best[j], j))[:count]


def test_contests_survive_the_disk(tmp_path: object) -> None:
    evaluation = drawn("hard")[2]
    path = tmp_path / "c.npz"  # type: ignore[operator]
    save_evaluation_pairs(path, evaluation)
    again = load_evaluation_pairs(path)
    assert torch.equal(again.positives, evaluation.positives)
    assert torch.equal(again.negatives, evaluation.negatives)
    assert again.paired is evaluation.paired


def test_what_the_data_do_not_allow_is_refused(tiny: Connectome) -> None:
    undirected = split_links(tiny, SplitConfig())
    with pytest.raises(InputError, match="negatives=reversed: an undirected link"):
        make_evaluation_pairs(tiny, undirected, "reversed", "test")
    with pytest.raises(InputError, match="no column 'cell_type'"):
        make_evaluation_pairs(tiny, undirected, "same_cell_type", "test")
    with pytest.raises(InputError, match="negatives=easy: choose among uniform"):
        make_evaluation_pairs(tiny, undirected, "easy", "test")
