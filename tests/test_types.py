from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from connectome.scores import Embedding
from connectome.types import Connectome, InputError, LinkSplit, MessageGraph, digest


def connectome(**changes: object) -> Connectome:
    parts = {
        "name": "toy",
        "neuron_ids": np.array([7, 8, 9]),
        "edge_index": torch.tensor([[0, 0, 2], [1, 2, 2]]),
        "synapses": torch.tensor([1.0, 2.0, 3.0]),
        "neurons": pd.DataFrame(index=range(3)),
    }
    return Connectome(**parts | changes)  # type: ignore[arg-type]


def test_a_repr_is_a_line_that_says_what_it_is() -> None:
    assert repr(connectome()) == "<Connectome toy: 3 neurons, 3 edges, 6 synapses>"
    assert repr(embedding()) == "<Embedding m: 3 neurons, d = 2>"
    none, one = torch.empty(2, 0, dtype=torch.int64), torch.tensor([[0], [1]])
    split = LinkSplit(3, False, "random", 7, torch.tensor([[0, 1], [1, 2]]), none, one, none, one)
    assert repr(split) == (
        "<LinkSplit of 3 neurons, random, undirected, seed 7: "
        "2, 0, 1 links for training, validation, test>"
    )
    graph = MessageGraph(np.arange(3), split.message_edges, False)
    assert repr(graph) == "<MessageGraph of 3 neurons, 4 undirected edges>"


def test_fingerprint_tells_data_sets_apart() -> None:
    assert connectome().fingerprint == connectome().fingerprint
    assert connectome().fingerprint != connectome(neuron_ids=np.array([7, 9, 8])).fingerprint
    heavier = connectome(synapses=torch.tensor([1.0, 2.0, 4.0]))
    assert connectome().fingerprint != heavier.fingerprint


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"neuron_ids": np.array([7, 7, 9])}, "ids repeat"),
        ({"neuron_ids": np.array(["a", "b", "c"], dtype=object)}, "ids of type object"),
        ({"neurons": pd.DataFrame(index=range(2))}, "2 annotation rows for 3 neurons"),
        ({"edge_index": torch.tensor([[0, 0, 2], [1, 2, 3]])}, "outside"),
        ({"edge_index": torch.tensor([[0, 0, 2], [1, 1, 2]])}, "unique and sorted"),
        ({"synapses": torch.tensor([1.0, 0.0, 3.0])}, "positive synapse count"),
        ({"synapses": torch.tensor([1.0, float("nan"), 3.0])}, "positive synapse count"),
    ],
)
def test_bad_connectomes_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        connectome(**changes)


def embedding(**changes: object) -> Embedding:
    source = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]])
    parts = {"method": "m", "neuron_ids": np.arange(3), "source": source, "target": source}
    return Embedding(**parts | changes)  # type: ignore[arg-type]


def test_scores_by_hand() -> None:
    pairs = torch.tensor([[0, 1], [1, 2]])
    assert embedding().score_pairs(pairs).tolist() == [1.0, -1.0]
    distances = embedding(score="distance").score_pairs(pairs)
    torch.testing.assert_close(distances, -torch.tensor([13.0, 13.0]).sqrt())
    full = embedding(
        scale=2.0, offset=0.5, source_bias=torch.tensor([1.0, 0, 0]), target_bias=torch.arange(3.0)
    )
    assert full.score_pairs(pairs).tolist() == [2 * 1 + 0.5 + 1 + 1, 2 * -1 + 0.5 + 0 + 2]


def test_numbers_per_neuron_counts_what_is_stored() -> None:
    source = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]])
    assert embedding().numbers_per_neuron == 2
    # the signs of eigenvalues are 2 numbers for the whole graph, not 2 for every neuron
    assert embedding(target=source * torch.tensor([1.0, -1.0])).numbers_per_neuron == 2
    assert embedding(target=source.flip(0)).numbers_per_neuron == 4
    biases = {"source_bias": torch.zeros(3), "target_bias": torch.zeros(3)}
    assert embedding(target=source.flip(0), **biases).numbers_per_neuron == 6


def test_bad_embeddings_are_refused() -> None:
    with pytest.raises(InputError, match="NaN"):
        embedding(target=torch.full((3, 2), float("nan")))
    with pytest.raises(InputError, match="for 4 neurons"):
        embedding(neuron_ids=np.arange(4))


def test_digest_sees_shape_type_and_content() -> None:
    base = digest(np.arange(6))
    assert base == digest(torch.arange(6))
    assert base != digest(np.arange(6).reshape(2, 3))
    assert base != digest(np.arange(6).astype(np.int32))


def test_annotation_fingerprint_is_of_values_not_of_how_they_are_stored(tiny: Connectome) -> None:
    words, numbers = ["KC", None] * 20, [7, None] * 20
    stored = (
        {"type": pd.array(words, "string"), "pair": pd.array(numbers, "Int64")},
        {"type": np.array(words, object), "pair": np.array(numbers, object)},
    )
    first, second = (replace(tiny, neurons=pd.DataFrame(columns)) for columns in stored)
    assert first.annotation_fingerprint == second.annotation_fingerprint
    edited = replace(first, neurons=first.neurons.assign(type="KC"))
    assert edited.annotation_fingerprint != first.annotation_fingerprint
    assert edited.fingerprint == first.fingerprint


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"synapses": torch.ones(3)}, r"synapses of shape \(3,\); must be \(2,\)"),
        ({"features": torch.ones(2, 4)}, r"features of shape \(2, 4\); must be \(3, 4\)"),
        (
            {"features": torch.ones(3, 4), "feature_names": ("a",)},
            r"features of shape \(3, 4\); must be \(3, 1\)",
        ),
        ({"edge_type_synapses": torch.ones(2, 1)}, r"edge_type_synapses of .* must be \(2, 0\)"),
    ],
)
def test_message_graphs_that_do_not_fit_are_refused(
    changes: dict[str, object], message: str
) -> None:
    edges = torch.tensor([[0, 1], [1, 2]])
    with pytest.raises(InputError, match=message):
        MessageGraph(np.arange(3), edges, True, **changes)  # type: ignore[arg-type]
