from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from connectome.runs import load_details, pair_synapses, save_details, save_scorer
from connectome.scores import CountModel, EdgeTypeModel, Embedding, LinkDetails, Readout
from connectome.types import InputError
from tests.conftest import annotated_connectome, random_connectome


def normal(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def embedding(seed: int = 0) -> Embedding:
    weights, widths = normal(seed + 5, 2 * 3 + 3 + 3 * 4 + 4 + 2 * 4), torch.tensor([2, 3, 4])
    return Embedding(
        "test",
        np.array(["a", "b", "c", "d", "e"]),
        normal(seed, 5, 2),
        normal(seed + 1, 5, 2),
        score="inner_product",
        source_network=weights,
        target_network=-weights,
        widths=widths,
    )


def details(seed: int = 0) -> LinkDetails:
    of = embedding(seed)
    counts = Readout(normal(2, 4, 1), normal(3, 1), normal(4, 5, 1), normal(5, 5, 1))
    return LinkDetails(
        CountModel(of, counts, -0.4),
        EdgeTypeModel(of, Readout(normal(6, 4, 2), normal(7, 2)), ("aa", "ad")),
    )


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    before = details()
    assert before.counts is not None
    assert before.edge_types is not None
    save_scorer(tmp_path / "embedding.npz", before.counts.embedding)
    assert save_details(tmp_path, before) == ["counts.npz", "edge_types.npz"]
    after = load_details(tmp_path)
    assert after.counts is not None
    assert after.edge_types is not None
    pairs, counts = torch.tensor([[0, 1, 4], [1, 0, 2]]), torch.tensor([1, 2, 30])
    for name in ("log_mean", "expected_synapses"):
        assert torch.equal(getattr(after.counts, name)(pairs), getattr(before.counts, name)(pairs))
    assert torch.equal(after.counts.log_prob(pairs, counts), before.counts.log_prob(pairs, counts))
    types = after.edge_types
    assert torch.equal(types.probabilities(pairs), before.edge_types.probabilities(pairs))
    assert types.names == ("aa", "ad")


def test_a_run_that_learned_nothing_has_nothing(tmp_path: Path) -> None:
    assert save_details(tmp_path, LinkDetails()) == []
    assert not list(tmp_path.iterdir())
    found = load_details(tmp_path)
    assert (found.counts, found.edge_types) == (None, None)


def test_files_of_another_run_are_refused(tmp_path: Path) -> None:
    save_details(tmp_path, details())
    save_scorer(tmp_path / "embedding.npz", embedding(seed=9))
    with pytest.raises(InputError, match=r"counts\.npz: was not written beside this embedding"):
        load_details(tmp_path)
    (tmp_path / "counts.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"counts\.npz: corrupt"):
        load_details(tmp_path)


@pytest.mark.parametrize("directed", [True, False])
def test_synapses_of_pairs_are_those_of_the_edges(directed: bool) -> None:
    connectome = annotated_connectome(1)
    n = connectome.num_neurons
    matrix = torch.zeros(n, n, 2).double()
    matrix[*connectome.edge_index] = connectome.edge_type_synapses
    if not directed:
        matrix = matrix + matrix.transpose(0, 1)
    pairs = torch.triu_indices(n, n, offset=1)
    synapses, by_type = pair_synapses(connectome, pairs, directed)
    assert torch.equal(by_type, matrix[*pairs])
    assert torch.equal(synapses, matrix[*pairs].sum(dim=1))


def test_without_types_there_are_no_columns() -> None:
    connectome = random_connectome(2)
    synapses, by_type = pair_synapses(connectome, connectome.edge_index[:, :7], directed=True)
    assert torch.equal(synapses, connectome.synapses[:7])
    assert by_type.shape == (7, 0)


def test_details_are_of_the_same_factors_whatever_the_data_are_called(tmp_path: Path) -> None:
    before = details()
    assert before.counts is not None
    save_details(tmp_path, before)
    save_scorer(tmp_path / "embedding.npz", replace(before.counts.embedding, data_fingerprint="x"))
    assert load_details(tmp_path).counts is not None
