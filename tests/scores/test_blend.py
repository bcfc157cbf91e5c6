"""The stack of factors and training edges, by hand."""

from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from connectome.runs import load_arrays, load_scorer, save_arrays, save_scorer
from connectome.scores import Blend, Embedding, Evidence, fit_head
from connectome.types import InputError, MessageGraph

EDGES, SYNAPSES = torch.tensor([[0, 2], [1, 3]]), torch.tensor([1.0, 3.0])
HOMOLOGS = torch.tensor([2, 3, 0, 1])
PAIRS = torch.cartesian_prod(torch.arange(4), torch.arange(4)).T


def blend(**changed: Any) -> Blend:
    """Edges 0 -> 1 of one synapse, 2 -> 3 of three; 0 and 2 are homologs, 1 and 3 too."""
    options: dict[str, Any] = {
        "method": "blend",
        "neuron_ids": np.array([10, 11, 12, 13]),
        "source": torch.tensor([[0.0, 1], [1, 2], [2, 0], [3, 1]]),
        "target": torch.tensor([[1.0, 1], [1, 0], [0, 3], [0, 1]]),
        "score": "distance",
        "source_bias": torch.tensor([0.1, 0.2, 0.3, 0.4]),
        "target_bias": torch.tensor([0.0, 1, 0, 1]),
        "scale": 2.0,
        "offset": -1.0,
        "products": 1,
        "edge_index": EDGES,
        "synapses": SYNAPSES,
        "path_weight": 0.5,
        "path_floor": 0.25,
        "mirror_weight": 2.0,
        "reverse_weight": 3.0,
        "homologs": HOMOLOGS,
    }
    return Blend(**options | changed)


def test_the_logit_by_hand() -> None:
    """Each edge is all of its rows and columns, so that its path of length three scores 1."""
    pairs = torch.tensor([[0, 1, 2], [1, 0, 1]])
    expected = [
        -2 * 1 + 1 * 0 + 0.1 + 1 - 1 + 0.5 * log(1.25) + 2 * log(1 + 3),
        -2 * 0 + 2 * 1 + 0.2 + 0 - 1 + 0.5 * log(0.25) + 3 * log(1 + 1),
        -2 * 1 + 0 * 0 + 0.3 + 1 - 1 + 0.5 * log(0.25),
    ]
    np.testing.assert_allclose(blend().score_pairs(pairs).numpy(), expected, rtol=1e-6)


def test_rows_agree_with_pairs() -> None:
    for scorer in (
        blend(),
        blend(products=0),
        blend(products=2),
        blend(source_bias=None, target_bias=None),
        blend(mirror_weight=0.0, homologs=None),
    ):
        rows, sources = scorer.score_rows(torch.arange(4)), torch.tensor([3, 1])
        torch.testing.assert_close(scorer.score_pairs(PAIRS), rows.flatten())
        torch.testing.assert_close(scorer.score_rows(sources), rows[sources])


def test_without_other_weights_it_is_the_embedding() -> None:
    plain = blend(products=0, path_weight=0.0, mirror_weight=0.0, reverse_weight=0.0)
    names = ("source", "target", "score", "source_bias", "target_bias", "scale", "offset")
    kept = {name: getattr(plain, name) for name in names}
    embedding = Embedding("e", plain.neuron_ids, **kept)
    torch.testing.assert_close(plain.score_pairs(PAIRS).float(), embedding.score_pairs(PAIRS))


def test_a_mirror_image_needs_both_homologs() -> None:
    """1 and 3 have none here: each stands for itself."""
    some = Evidence(EDGES, SYNAPSES, 4, torch.tensor([2, 1, 0, 3]))
    assert not some.mirror(PAIRS).any()
    assert not some.mirror_rows(torch.arange(4)).any()
    both = Evidence(EDGES, SYNAPSES, 4, HOMOLOGS).mirror_rows(torch.arange(4))
    assert both.nonzero().tolist() == [[0, 1], [2, 3]]
    assert both[2, 3] == pytest.approx(log(2))


def test_every_number_that_is_kept_counts() -> None:
    """Two columns and a bias a side, a homolog, and two numbers for each of two edges."""
    assert blend().numbers_per_neuron == 2 * 2 + 2 + 1 + 2 * 2 / 4
    assert blend(mirror_weight=0.0, homologs=None).numbers_per_neuron == 2 * 2 + 2 + 2 * 2 / 4


def test_it_survives_the_disk(tmp_path: Path) -> None:
    for before in (blend(), blend(mirror_weight=0.0, homologs=None)):
        save_scorer(tmp_path / "e.npz", replace(before, data_fingerprint="abc"))
        after = load_scorer(tmp_path / "e.npz")
        assert type(after) is Blend
        assert after.data_fingerprint == "abc"
        assert after.numbers_per_neuron == before.numbers_per_neuron
        assert torch.equal(after.score_pairs(PAIRS), before.score_pairs(PAIRS))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("homologs", np.array([2, 3, 0, 4]), "'homologs' points to 0 .. 4 of 4"),
        ("synapses", np.ones(3, np.float32), "'synapses' is of shape"),
        ("synapses", np.array([1, -3], np.float32), "an edge without synapses"),
        ("edge_index", np.array([[0, 2], [1, 9]]), "'edge_index' points to 0 .. 9 of 4"),
        ("products", np.array(3), "3 of 2 columns are products"),
        ("products", np.array(-1), "-1 of 2 columns are products"),
        ("path_floor", np.array(0.0), "path_floor=0.0; must be positive"),
        ("score", np.array("inner_product"), "a blend compares by distance"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, value: Any, reason: str) -> None:
    path = tmp_path / "e.npz"
    save_scorer(path, blend())
    save_arrays(path, load_arrays(path) | {name: value})
    with pytest.raises(InputError, match="damaged or of another version") as found:
        load_scorer(path)
    assert reason in str(found.value)


def test_mirror_images_without_homologs_are_refused() -> None:
    with pytest.raises(InputError, match="weighs mirror images, but has no homologs"):
        blend(homologs=None)


def test_the_head_takes_its_score_since_factors_are_not_all() -> None:
    graph = MessageGraph(np.arange(4), EDGES, True, synapses=SYNAPSES)
    head = fit_head(blend(), graph, EDGES, EDGES.flip(0))
    assert head.product.shape == (1,)
    assert head.numbers_per_neuron == blend().numbers_per_neuron
    torch.testing.assert_close(head.score_rows(torch.arange(4)).flatten(), head.score_pairs(PAIRS))
