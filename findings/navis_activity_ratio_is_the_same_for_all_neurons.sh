#!/usr/bin/env bash
# navis 1.12.0 (numpy 2.4.6, pandas 3.1.1): connectivity_sparseness(which="activity_ratio") does not depend on the
# connectivity.
#
# With a = (sum r / N)^2 / (sum r^2 / N) of Rolls and Tovee 1995, which navis cites, 1 - a is 0 for a neuron that
# all N inputs drive alike, and 1 - 1/N for one that a single input drives.
# Behaviour: navis squares the sum, not the counts, so that the counts cancel: 1 - 1/N for every neuron.
# "LTS" and "LTK" are worked out from the counts.
# What follows: all neurons of a connectome seem equally and highly selective, and a test between two groups finds
# nothing, or the numbers of inputs, where counts that are absent were set to NaN.
# Remedy: the formula above, or which="LTS", which is 1 - a times N / (N - 1).
#
# Output seen (four inputs):
#   one input        100, 0, 0, 0: activity_ratio 0.75 (by the formula 0.75), LTS 1.00
#   in part          60, 20, 20, 0: activity_ratio 0.75 (by the formula 0.43), LTS 0.58
#   all alike        25, 25, 25, 25: activity_ratio 0.75 (by the formula 0.00), LTS 0.00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check navis==1.12.0 numpy==2.4.6 pandas==3.1.1
cat > sparse.py <<'PYTHON'
import navis
import numpy as np

SEEN = {
    "one input": ([100, 0, 0, 0], 0.75, 1.0),
    "in part": ([60, 20, 20, 0], 0.4318, 0.5758),
    "all alike": ([25, 25, 25, 25], 0.0, 0.0),
}
for name, (synapses, formula, lifetime) in SEEN.items():
    counts = np.array(synapses, dtype=float)
    true = 1 - counts.mean() ** 2 / (counts**2).mean()
    ratio, lts = (
        navis.connectivity_sparseness(counts, which=which).item()
        for which in ("activity_ratio", "LTS")
    )
    print(f"{name:<16} {', '.join(map(str, synapses))}: activity_ratio {ratio:.2f} "
          f"(by the formula {true:.2f}), LTS {lts:.2f}")
    assert np.allclose([true, lts], [formula, lifetime], atol=1e-4)
    assert np.isclose(ratio, 1 - 1 / 4), "the activity ratio depends on the counts now"
PYTHON
venv/bin/python -W ignore sparse.py
