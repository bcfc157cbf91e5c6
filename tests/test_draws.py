import numpy as np
import pytest
from scipy.stats import binomtest

from connectome.draws import generator


def test_the_same_for_the_same_purpose_and_no_other() -> None:
    first = generator(3, "folds").random(8)
    assert np.array_equal(first, generator(3, "folds").random(8))
    others = [generator(4, "folds"), generator(3, "starts"), np.random.default_rng(3)]
    others += [np.random.default_rng([3, k]) for k in range(3)]
    assert not any(np.isin(first, other.random(8)).any() for other in others)


@pytest.mark.parametrize("size", [2, 3])
def test_an_order_shuffled_for_two_purposes_is_random(size: int) -> None:
    # with one generator it is a permutation applied twice, and of two neurons none moves
    kept = 0
    for seed in range(400):
        one, other = (generator(seed, purpose).permutation(size) for purpose in ("order", "ties"))
        kept += int(one[other][seed % size] == seed % size)
    assert binomtest(kept, 400, 1 / size).pvalue > 1e-3
