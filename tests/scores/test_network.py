from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from connectome.runs import load_scorer, save_scorer
from connectome.scores import Embedding, apply_network, network_size
from connectome.types import InputError

WIDTHS = (2, 5, 4)


def weights(seed: int = 0, widths: tuple[int, ...] = WIDTHS) -> torch.Tensor:
    return torch.randn(network_size(widths), generator=torch.Generator().manual_seed(seed))


def curved(n: int = 6) -> Embedding:
    generator = torch.Generator().manual_seed(9)
    source, target = torch.randn(2, n, 2, generator=generator)
    return Embedding(
        "curved",
        np.arange(n),
        source,
        target,
        source_bias=torch.randn(n, generator=generator),
        target_bias=torch.randn(n, generator=generator),
        source_network=weights(1),
        target_network=weights(2),
        widths=torch.tensor(WIDTHS),
    )


def test_network_agrees_with_torch_modules() -> None:
    flat, inputs = weights(), torch.randn(7, 2)
    first, second, linear = nn.Linear(2, 5), nn.Linear(5, 4), nn.Linear(2, 4, bias=False)
    with torch.no_grad():
        first.weight.copy_(flat[:10].view(2, 5).T)
        first.bias.copy_(flat[10:15])
        second.weight.copy_(flat[15:35].view(5, 4).T)
        second.bias.copy_(flat[35:39])
        linear.weight.copy_(flat[39:].view(2, 4).T)
        expected = second(nn.functional.gelu(first(inputs))) + linear(inputs)
    torch.testing.assert_close(apply_network(flat, WIDTHS, inputs), expected)


def test_pairs_and_rows_are_products_of_what_the_networks_make() -> None:
    embedding = curved()
    sent = apply_network(weights(1), WIDTHS, embedding.source)
    received = apply_network(weights(2), WIDTHS, embedding.target)
    assert embedding.source_bias is not None
    assert embedding.target_bias is not None
    expected = sent @ received.T + embedding.source_bias[:, None] + embedding.target_bias
    pairs = torch.cartesian_prod(torch.arange(6), torch.arange(6)).T
    torch.testing.assert_close(embedding.score_pairs(pairs).view(6, 6), expected)
    torch.testing.assert_close(embedding.score_rows(torch.arange(6)), expected)


def test_the_network_is_counted_with_the_numbers_of_a_neuron() -> None:
    plain = 2 * 2 + 2
    assert network_size(WIDTHS) == (2 * 5 + 5) + (5 * 4 + 4) + 2 * 4
    assert curved().numbers_per_neuron == plain + 2 * network_size(WIDTHS) / 6
    shared = replace(curved(), target_network=-weights(1))
    assert shared.numbers_per_neuron == plain + network_size(WIDTHS) / 6


def test_a_network_score_survives_the_disk(tmp_path: Path) -> None:
    save_scorer(tmp_path / "x.npz", curved())
    loaded = load_scorer(tmp_path / "x.npz")
    pairs = torch.tensor([[0, 1, 2], [3, 4, 5]])
    assert torch.equal(loaded.score_pairs(pairs), curved().score_pairs(pairs))


@pytest.mark.parametrize("change", [{"widths": None}, {"source_network": None}])
def test_networks_and_widths_belong_together(change: dict[str, object]) -> None:
    with pytest.raises(InputError, match="give both networks and their widths, or none"):
        replace(curved(), **change)  # type: ignore[arg-type]
