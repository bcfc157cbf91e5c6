import pytest
import torch

from connectome.models.nn import make_decoder
from connectome.scores.similarity import SIMILARITIES
from connectome.types import InputError

LATENT = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]])
PAIRS = torch.tensor([[0, 1], [1, 2]])


def test_inner_product_by_hand() -> None:
    assert make_decoder("native")(LATENT, LATENT, PAIRS).tolist() == [1.0, -1.0]


def test_distance_by_hand() -> None:
    decoder = make_decoder("distance")
    assert decoder.log_scale is not None
    assert decoder.bias is not None
    decoder.log_scale.data.fill_(0.6931471805599453)  # log 2
    decoder.bias.data.fill_(0.25)
    expected = 0.25 - 2 * torch.tensor([13.0, 13.0]).sqrt()
    torch.testing.assert_close(decoder(LATENT, LATENT, PAIRS), expected)
    assert decoder.scale == pytest.approx(2.0)
    assert decoder.offset == pytest.approx(0.25)


@pytest.mark.parametrize("name", SIMILARITIES)
def test_there_is_a_gradient_where_two_neurons_coincide(name: str) -> None:
    latent = torch.zeros(2, 2, requires_grad=True)
    make_decoder(name)(latent, latent, torch.tensor([[0], [1]])).sum().backward()
    assert latent.grad is not None
    assert torch.isfinite(latent.grad).all()


@pytest.mark.parametrize("name", SIMILARITIES)
def test_symmetric_decoders_score_both_directions_the_same(name: str) -> None:
    decoder = make_decoder(name)
    assert torch.equal(decoder(LATENT, LATENT, PAIRS), decoder(LATENT, LATENT, PAIRS.flip(0)))


def test_unknown_decoder_is_refused() -> None:
    with pytest.raises(InputError, match=r"model\.decoder=nosuch: choose one of native"):
        make_decoder("nosuch")
