#!/usr/bin/env bash
# ntac 0.1.2 (numpy 2.4.6, scipy 1.17.1, numba 0.68.1): Ntac, which types the neurons of a connectome
# from a few of known type, gives a type to neurons that have no connection at all: to all the same.
#
# Three types of 20 neurons that connect in a ring, two of each told, and 30 neurons without a
# connection, as a threshold on synapses leaves them (more than a quarter of the untold neurons of the
# central brain of the fly). Nothing is known of these, so nothing can be said.
# Behaviour: get_partition() names no neuron unknown. All 30 get one type, that of the first told
# neuron in the order of the rows. Connected neurons are all right.
# What follows: the order of a file types a quarter of a brain. Where many neurons of one type have no
# connection, as FlyWire's R1-6, accuracy over all neurons gains or loses by that order alone.
# Remedy: set the types of neurons without a connection to unknown, and judge the others.
#
# Output seen:
#   types first, second, third: 30 of 30 neurons without a connection are 'first'; 1.000 of the others right
#   types third, first, second: 30 of 30 neurons without a connection are 'third'; 1.000 of the others right
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  ntac==0.1.2 numpy==2.4.6 scipy==1.17.1 numba==0.68.1
cat > lonely.py <<'PYTHON'
import numpy as np
import scipy.sparse as sp
from ntac import Ntac

EACH, TOLD, LONELY, ROUNDS = 20, 2, 30, 8
kind = np.repeat(np.arange(3), EACH)
rng = np.random.default_rng(0)
chance = np.roll(np.eye(3), 1, axis=1)[kind][:, kind] / 2
synapses = np.zeros((len(kind) + LONELY,) * 2, dtype=int)
synapses[: len(kind), : len(kind)] = (rng.random(chance.shape) < chance) * rng.integers(
    5, 20, chance.shape
)


def typed(names):
    truth = np.array(names)[kind]
    labels = np.full(len(synapses), "?", dtype="<U8")
    told = np.arange(len(kind)) % EACH < TOLD
    labels[: len(kind)][told] = truth[told]
    method = Ntac(data=sp.csr_array(synapses), labels=labels)
    for _ in range(ROUNDS):
        method.step()
    found, expected = np.array(method.get_partition()), names[0]
    connected, rest = found[: len(kind)], found[len(kind) :]
    right = (connected == truth)[~told].mean()
    same = int((rest == expected).sum())
    print(f"types {', '.join(names)}: {same} of {LONELY} neurons without a connection are "
          f"{expected!r}; {right:.3f} of the others right")
    assert same == LONELY, f"they are now {sorted(set(rest))}"
    assert right > 0.99, "the connected ones are no longer typed"


typed(["first", "second", "third"])
typed(["third", "first", "second"])
PYTHON
venv/bin/python lonely.py
