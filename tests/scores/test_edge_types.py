import numpy as np
import pytest
import torch

from connectome.scores import EdgeTypeModel, Embedding, Readout
from connectome.types import InputError


def embedding() -> Embedding:
    return Embedding(
        method="test",
        neuron_ids=np.arange(2),
        source=torch.tensor([[1.0, 2.0], [0.0, -1.0]]),
        target=torch.tensor([[3.0, 0.5], [1.0, 1.0]]),
    )


def test_each_type_weighs_the_dimensions_in_its_own_way() -> None:
    readout = Readout(torch.tensor([[1.0, 0.0], [0.0, 2.0]]), torch.tensor([-1.0, 0.5]))
    model = EdgeTypeModel(embedding(), readout, ("ad", "da"))
    pairs = torch.tensor([[0, 1], [1, 0]])
    by_hand = torch.tensor([[1.0 - 1, 2 * 2.0 + 0.5], [0.0 - 1, 2 * -0.5 + 0.5]]).double()
    torch.testing.assert_close(model.logits(pairs), by_hand)
    torch.testing.assert_close(model.probabilities(pairs), 1 / (1 + torch.exp(-by_hand)))
    assert repr(model).startswith("<EdgeTypeModel (ad, da)")


def test_each_type_needs_a_name() -> None:
    with pytest.raises(InputError, match="1 names for 2 types"):
        EdgeTypeModel(embedding(), Readout(torch.ones(2, 2), torch.ones(2)), ("ad",))
