"""The three tasks on a block model, whose types decide who is wired to whom."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.cell_typing import (
    METHOD,
    Labels,
    Typed,
    methods,
    told_labels,
    type_few,
    type_from,
    type_rest,
)
from connectome.analysis.cell_typing.controls import guessers
from connectome.analysis.cell_typing.methods import infer
from connectome.analysis.latent import synapse_matrix
from connectome.data.readers.celegans import read_celegans
from connectome.data.synthetic.blockmodel import read_blockmodel
from connectome.data.tabular import assemble
from connectome.types import Connectome, InputError

OPTIONS = {"neurons": 400, "edges": 16000, "types": 20, "block_sigma": 1.5, "type_sigma": 0.3}


@pytest.fixture(scope="module")
def brain() -> Connectome:
    return read_blockmodel(**OPTIONS, out_sigma=0.3, in_sigma=0.3, correlation=0.0)


def quiet(_: str) -> None:
    pass


def permuted_rows(brain: Connectome, seed: int) -> tuple[Connectome, np.ndarray]:
    """The same brain with its rows in another order, and where each went."""
    order = np.random.default_rng(seed).permutation(brain.num_neurons)
    place = np.argsort(order)
    pre, post = place[brain.edge_index.numpy()]
    sorting = np.lexsort((post, pre))
    edges = brain.edge_index.new_tensor(np.stack([pre, post])[:, sorting])
    return replace(
        brain,
        name="shuffled",
        neuron_ids=brain.neuron_ids[order] + 10**6,
        edge_index=edges,
        synapses=brain.synapses[sorting],
        neurons=brain.neurons.iloc[order].reset_index(drop=True),
    ), order


@pytest.fixture(scope="module")
def few(brain: Connectome) -> Typed:
    labels, how = told_labels(brain, "cell_type", 0.3, True, 0)
    assert how == (
        "120 of 400 neurons with a 'cell_type', of 20 of 20 types (each type at least once, seed 0)"
    )
    return type_few(brain, labels, True, 0, quiet)


def test_few_seeds_beat_every_control(few: Typed) -> None:
    accuracy = {name: found.accuracy for name, found in few.scores.items()}
    assert accuracy[METHOD] > 0.9
    assert accuracy[METHOD] == max(accuracy.values())
    assert accuracy["permuted labels"] < 0.2
    assert list(accuracy) == [
        METHOD, "neighbours' majority", "label propagation", "degrees", "structure profile",
        "spectral embedding",
        "directed spectral embedding", "commonest type", "permuted labels",
    ]  # fmt: skip
    assert few.scores[METHOD].asked == 280
    assert (few.scores[METHOD].told, few.scores[METHOD].types_told) == (120, 20)


def test_told_neurons_are_what_was_told(few: Typed) -> None:
    known = few.labels.known
    told = known >= 0
    assert (few.typing.best[told] == known[told]).all()
    assert (few.typing.confidence[told] == 1).all()
    assert ((few.typing.confidence >= 0) & (few.typing.confidence <= 1)).all()


@pytest.mark.parametrize("most", [0, methods.MOST_TOLD])
def test_all_that_is_known_is_judged_out_of_fold(
    brain: Connectome, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(methods, "MOST_TOLD", most)  # none: by the likelihood, without a choice
    kinds = brain.neurons["cell_type"].astype(object).copy()
    kinds[:40] = None
    part = replace(brain, neurons=pd.DataFrame({"cell_type": kinds}))
    labels, _ = told_labels(part, "cell_type", None, True, 0)
    typed = type_rest(part, labels, 4, False, 0, quiet)
    assert typed.judged.sum() == 360
    assert list(typed.scores) == [METHOD]
    assert typed.scores[METHOD].accuracy > 0.9
    true = pd.Index(labels.names).get_indexer(brain.neurons["cell_type"][:40])
    assert (typed.typing.best[:40] == true).mean() > 0.9
    # A neuron that was told is right in what is shown, and may be wrong where it was left out.
    shown, tested = typed.typing.best[40:], typed.tested.best[40:]
    assert (shown == labels.known[40:]).all()
    assert (tested != labels.known[40:]).any() or typed.scores[METHOD].accuracy == 1
    # Without a confidence of the folds all types are the same, and so is that of the others.
    plain = type_rest(part, labels, 4, False, 0, quiet, sure=False)
    np.testing.assert_array_equal(plain.tested.best, typed.tested.best)
    np.testing.assert_array_equal(plain.typing.confidence, typed.typing.confidence)
    assert plain.scores[METHOD].accuracy == typed.scores[METHOD].accuracy
    assert np.isnan(plain.scores[METHOD].ece) == (most == 0)
    assert not np.isnan(typed.scores[METHOD].ece)
    # The first of the folds alone: the same types in it, and nobody else is judged.
    one = type_rest(part, labels, 4, False, 0, quiet, sure=False, parts=1)
    assert one.judged.sum() == one.scores[METHOD].asked == 90
    np.testing.assert_array_equal(one.tested.best[one.judged], plain.tested.best[one.judged])
    np.testing.assert_array_equal(one.typing.best, typed.typing.best)
    assert one.how == "90 neurons of known type, each typed without it in the first of 4 folds"


def test_types_come_from_another_brain(brain: Connectome) -> None:
    other, order = permuted_rows(brain, 1)
    code, names = pd.factorize(brain.neurons["cell_type"], sort=True)
    labels = Labels(tuple(names), code[order], np.full(brain.num_neurons, -1))
    typed = type_from(brain, code, other, labels, True, 0, quiet)
    assert typed.scores[METHOD].accuracy > 0.9
    assert typed.scores["permuted labels"].accuracy < 0.5
    assert typed.scores[METHOD].told == brain.num_neurons  # of the other brain
    unseen = replace(labels, truth=np.full(brain.num_neurons, -1))
    blind = type_from(brain, code, other, unseen, False, 0, quiet)
    assert blind.scores == {}
    assert (blind.typing.best == typed.typing.best).all()  # its own labels have no effect


def test_the_other_sex_is_not_trusted_like_a_twin() -> None:
    """.71 are right; by the twin alone the mean confidence is .96."""
    pytest.importorskip("cect")
    brains = [read_celegans([name]) for name in ("cook_hermaphrodite", "cook_male")]
    types = [brain.neurons["cell_class"] for brain in brains]
    names = sorted(set().union(*(column.dropna() for column in types)))
    code = [pd.Index(names).get_indexer(column) for column in types]
    labels = Labels(tuple(names), code[1], np.full(brains[1].num_neurons, -1))
    typed = type_from(brains[0], code[0], brains[1], labels, False, 0, quiet)
    judged = typed.judged
    right = (typed.typing.best == code[1])[judged].mean()
    assert abs(typed.typing.confidence[judged].mean() - right) < 0.2


def test_controls_answer_every_neuron(brain: Connectome) -> None:
    code, names = pd.factorize(brain.neurons["cell_type"], sort=True)
    known = np.where(np.arange(400) < 200, code, -1)
    for name, prepared in guessers(brain, synapse_matrix(brain), len(names)):
        guess = prepared()(known)
        assert guess.best.shape == (400,), name
        assert set(guess.best) <= {*range(-1, len(names))}, name


def test_the_better_method_is_chosen_and_said(few: Typed) -> None:
    """Two kinds within a type, each wired in its own way: one mean profile a type misleads."""
    rng = np.random.default_rng(0)
    kind = rng.permutation(np.repeat(np.arange(4), 40))
    rate = np.array([[3, 0, 0, 3], [0, 3, 3, 0], [0, 0, 3, 3], [3, 3, 0, 0]])[kind][:, kind] / 10
    counts = rng.poisson(rate)
    pre, post = np.nonzero(counts)
    ids = np.arange(160)
    mixed = assemble("mixed", ids, ids[pre], ids[post], counts[pre, post].astype(float))
    truth = (kind % 2).astype(np.int64)
    known = np.where(rng.random(160) < 0.5, truth, -1)
    typed = type_few(mixed, Labels(("a", "b"), truth, known), False, 0, quiet)
    assert typed.method.startswith(f"profile of partner types, right of {(known >= 0).sum()} ")
    told = known >= 0
    assert (typed.typing.best[told] == known[told]).all()
    assert (typed.typing.confidence[told] == 1).all()
    assert (typed.typing.runner_up != typed.typing.best).all()
    plain = infer(synapse_matrix(mixed), known, 2, 0)
    asked = ~told
    right = (typed.typing.best == truth)[asked].mean()
    assert right > (plain.best == truth)[asked].mean()
    assert few.method.startswith("partner types, right of 120 neurons in five folds: ")


def test_without_enough_told_neurons_no_method_is_judged(brain: Connectome) -> None:
    code, names = pd.factorize(brain.neurons["cell_type"], sort=True)
    one_each = np.full(len(code), -1)
    one_each[np.unique(code, return_index=True)[1]] = np.arange(len(names))
    typed = type_few(brain, Labels(tuple(names), code, one_each), False, 0, quiet)
    assert typed.method.startswith("partner types, since no method can be judged: fewer")


def test_one_type_is_nothing_to_learn_from(brain: Connectome) -> None:
    one = Labels(("A",), np.zeros(400, dtype=int), np.zeros(400, dtype=int))
    with pytest.raises(InputError, match="known: tells 400 neurons of fewer than two types"):
        type_rest(brain, one, 5, False, 0, quiet)
    labels, _ = told_labels(brain, "cell_type", None, True, 0)
    with pytest.raises(InputError, match="folds=401: must be from 2 to the 400 neurons"):
        type_rest(brain, labels, 401, False, 0, quiet)
