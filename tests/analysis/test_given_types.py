"""Types that narrow a matching: what may still be judged, and those of a twin, by hand."""

import numpy as np
import pytest

from connectome.analysis.neuron_matching import GivenTypes, Truth
from connectome.analysis.neuron_matching.given_types import types_of_twin
from connectome.data.neurons import FoundTypes
from connectome.data.tabular import assemble
from connectome.models.matching import SideTypes, TypePrior
from connectome.types import Connectome, InputError


def brain(name: str, count: int) -> Connectome:
    ids = np.arange(count)
    return assemble(name, ids, ids[:-1].tolist(), ids[1:].tolist(), np.ones(count - 1))


def found(types: list[str | None], told: list[bool] | None) -> FoundTypes:
    given = np.array(types, dtype=object)
    sure = np.where([one is None for one in types], 0.0, 0.5)
    return FoundTypes(given, sure, None if told is None else np.array(told), 0)


def given(told: list[bool] | None) -> GivenTypes:
    sides = (found(["x", "y", None, "z"], told), found(["y", "x", "w"], [False, True, False]))
    return GivenTypes.of((brain("a", 4), brain("b", 3)), sides)


TRUTH = Truth(np.array([[0, 0], [1, 1], [2, 2]]), np.array([0, 1, 2, 2]), np.array([0, 1, 2]), "so")


def test_types_of_both_brains_have_one_code() -> None:
    made = given([False] * 4)
    assert made.prior.left.code.tolist() == [1, 2, -1, 3]  # of w, x, y, z
    assert made.prior.right.code.tolist() == [2, 1, 0]
    assert made.prior.left.chance.tolist() == [0.5, 0.5, 0.0, 0.5]
    assert made.words == "3 of 4 neurons of a and 3 of 3 neurons of b have one, of 2 types of both"


def test_nobody_is_judged_whose_type_was_told() -> None:
    left = given([True, False, False, True]).judged(TRUTH, "kind")
    assert left.pairs.tolist() == [[2, 2]]  # 0 was told, and so was the partner of 1
    assert left.code.tolist() == [-1, 1, 2, -1]
    assert left.how == "so; none whose type was told"


def test_what_cannot_be_judged_is_refused() -> None:
    with pytest.raises(InputError, match="truth=kind: types come from a table without a column"):
        given(None).judged(TRUTH, "kind")
    with pytest.raises(InputError, match="truth=kind: every neuron that it could judge had its"):
        given([True] * 4).judged(TRUTH, "kind")


def test_types_without_one_of_both_are_refused() -> None:
    sides = (found(["x", None], None), found(["y", None], None))
    with pytest.raises(InputError, match="types: no type of a neuron of a is one of b too"):
        GivenTypes.of((brain("a", 2), brain("b", 2)), sides)


def test_a_twin_errs_as_often_as_types_do() -> None:
    count = 4000
    code = np.arange(count) % 50
    for chance in (1.0, 0.6):
        own = SideTypes(code, np.full(count, chance))
        kept = np.arange(0, count, 2)
        twin = types_of_twin(TypePrior(own, own), kept, 0)
        assert (twin.left.code == code).all()
        assert len(twin.right.code) == len(kept)
        same = (twin.right.code == code[kept]).mean()
        wanted = chance + (1 - chance) / 50  # by accident too
        assert same == pytest.approx(wanted, abs=0.03)
