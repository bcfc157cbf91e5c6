import numpy as np
import pytest
import torch
from scipy.stats import nbinom

from connectome.scores import CountModel, Embedding, Readout, count_log_prob, expected_count
from connectome.types import InputError


def numbers(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def model(log_r: float = 0.3) -> CountModel:
    embedding = Embedding(
        method="test",
        neuron_ids=np.arange(3),
        source=torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]]),
        target=torch.tensor([[0.5, 1.0], [1.0, -1.0], [2.0, 0.0]]),
    )
    bias = torch.tensor([[0.1], [0.2], [0.3]])
    readout = Readout(torch.tensor([[0.4], [-0.2]]), torch.tensor([0.7]), bias, -2 * bias)
    return CountModel(embedding, readout, log_r)


@pytest.mark.parametrize("log_r", [-2.0, 0.0, 3.0])
@pytest.mark.parametrize("log_mean", [-4.0, 0.0, 1.0, 6.0])
def test_log_probabilities_are_those_of_scipy(log_mean: float, log_r: float) -> None:
    k = np.array([1, 2, 3, 10, 1000])
    mean, r = np.exp(log_mean), np.exp(log_r)
    law = nbinom(r, r / (r + mean))
    found = count_log_prob(
        torch.from_numpy(k).double(), numbers(log_mean).expand(len(k)), numbers(log_r)
    )
    np.testing.assert_allclose(found.numpy(), law.logpmf(k - 1), rtol=1e-9, atol=1e-9)


def test_probabilities_sum_to_one_and_give_the_expected_count() -> None:
    k = torch.arange(1, 3000).double()
    for log_mean in (-3.0, 0.5, 2.5):
        eta, log_r = numbers(log_mean), numbers(-0.5)
        p = count_log_prob(k, eta.expand(len(k)), log_r).exp()
        assert float(p.sum()) == pytest.approx(1.0, abs=1e-9)
        assert float((p * k).sum()) == pytest.approx(float(expected_count(eta)))


@pytest.mark.parametrize("count", [1.0, 2.0, 1000.0])
def test_gradients_are_finite_in_single_precision(count: float) -> None:
    for log_mean in (-60.0, -20.0, -5.0, 0.0, 5.0, 20.0, 60.0):
        for log_r in (-20.0, -3.0, 0.0, 5.0, 20.0):
            parameters = torch.tensor([log_mean, log_r], requires_grad=True)
            value = count_log_prob(torch.tensor([count]), parameters[:1], parameters[1])
            value.sum().backward()
            assert parameters.grad is not None
            assert bool(torch.isfinite(value).all() & torch.isfinite(parameters.grad).all())


def test_gradients_are_those_of_finite_differences() -> None:
    eta = numbers(-2.0, 0.3, 2.0).requires_grad_()
    log_r = numbers(0.4).squeeze().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda e, r: count_log_prob(numbers(1, 4, 30), e, r), (eta, log_r)
    )


def test_a_model_answers_by_pair_with_its_direction() -> None:
    pairs = torch.tensor([[0, 1], [1, 0]])
    # 0.4 * (1 * 1) - 0.2 * (0 * -1) + 0.7 + 0.1 - 0.4, and 0.4 * (0 * 0.5) - 0.2 * (2 * 1) + ...
    by_hand = numbers(0.8, -0.4 + 0.7 + 0.2 - 0.2)
    found = model()
    torch.testing.assert_close(found.log_mean(pairs), by_hand, atol=1e-6, rtol=0)
    torch.testing.assert_close(
        found.expected_synapses(pairs),
        1 + by_hand.exp(),
        atol=1e-5,
        rtol=0,
    )
    log_prob = count_log_prob(numbers(2, 5), by_hand, numbers(0.3).squeeze())
    counts = torch.tensor([2, 5])
    torch.testing.assert_close(found.log_prob(pairs, counts), log_prob, atol=1e-5, rtol=0)
    assert repr(found).startswith("<CountModel of <Embedding test")


@pytest.mark.parametrize("count", [0.0, 1.5, -1.0])
def test_what_is_no_count_is_refused(count: float) -> None:
    pairs = torch.tensor([[0], [1]])
    with pytest.raises(InputError, match=f"counts: {count:g} synapses on a link"):
        model().log_prob(pairs, torch.tensor([count]))


def test_a_readout_of_another_embedding_is_refused() -> None:
    found = model()
    with pytest.raises(InputError, match="of another embedding"):
        CountModel(found.embedding, Readout(torch.ones(3, 1), torch.ones(1)), 0.0)
    with pytest.raises(InputError, match="must have 1 columns"):
        Readout(torch.ones(2, 2), torch.ones(1))
    with pytest.raises(InputError, match="NaN or infinite"):
        Readout(torch.full((2, 1), torch.nan), torch.ones(1))
