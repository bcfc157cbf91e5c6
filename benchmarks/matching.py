"""Two drawn brains with known homologs matched neuron to neuron: seconds, memory, homologs found.

    OMP_NUM_THREADS=1 python benchmarks/matching.py --neurons 140000 --edges 6000000

A block model with types gives each connection an expected number of synapses. Each brain draws its
own counts around it and shows those of at least five, as FlyWire does; ``--noise`` says how far
they differ, and the share of the connections that exist on the other side is printed: .69 between
the halves of FlyWire. Rows of the second brain are shuffled. No pair is told. Drawing and compiling
are not counted.
"""

import argparse
import resource

import numpy as np
import scipy.sparse as sp

from connectome.analysis.cell_typing import measured
from connectome.analysis.latent import synapse_matrix
from connectome.data.synthetic.blockmodel import read_blockmodel
from connectome.models.matching import SparseSettings, match_both

LEAST = 5  # synapses of a connection that is shown
SCALE = 3.0  # of the expected number


def seen(expected: sp.csr_array, noise: float, rng: np.random.Generator) -> sp.csr_array:
    """Connections that one brain shows of ``expected`` ``[N, N]`` synapses, ``[N, N]`` counts."""
    drawn = expected.copy()
    rate = SCALE * drawn.data * np.exp(noise * rng.normal(size=drawn.nnz))
    drawn.data = rng.poisson(rate).astype(float)
    drawn.data[drawn.data < LEAST] = 0
    drawn.eliminate_zeros()
    return drawn


def main() -> None:
    """Draw, match and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=140_000, help="of each brain")
    parser.add_argument("--edges", type=int, default=6_000_000, help="before the threshold")
    parser.add_argument("--types", type=int, default=600)
    parser.add_argument("--noise", type=float, default=0.5, help="s.d. of log counts")
    parser.add_argument("--seeds", type=int, default=1, help="of the matching")
    parser.add_argument("--smoke", action="store_true", help="a small one")
    given = parser.parse_args()
    if given.smoke:
        given.neurons, given.edges, given.types = 600, 18_000, 10
    options = {"neurons": given.neurons, "edges": given.edges, "types": given.types}
    expected = synapse_matrix(read_blockmodel(**options, unpaired=1.0, mirrored=0.0))
    rng = np.random.default_rng(0)
    left, right = (seen(expected, given.noise, rng) for _ in range(2))
    shared = (left > 0).multiply(right > 0).nnz / left.nnz
    order = rng.permutation(given.neurons)
    right = sp.csr_array(right[order][:, order])
    place = np.argsort(order)
    degree = np.diff(left.indptr) + np.bincount(left.indices, minlength=given.neurons)
    print(f"{given.neurons:,} neurons a side, {left.nnz:,} and {right.nnz:,} connections")
    print(f"{shared:.2f} of the connections exist on the other side", flush=True)
    few = expected[:200][:, :200]
    match_both(few, few)  # compiles
    for seed in range(given.seeds):
        with measured() as cost:
            found = match_both(left, right, None, SparseSettings(seed=seed))
        right_ones = found.best == place
        parts = ", ".join(
            f"{right_ones[(degree >= low) & (degree < high)].mean():.3f} of {low} to {high - 1}"
            for low, high in ((1, 6), (6, 24), (24, 1000))
        )
        print(
            f"seed {seed}: hits@1 {right_ones[degree > 0].mean():.3f} of those connected "
            f"({parts} partners); {cost.seconds:.0f} CPU s, {cost.peak_mb / 1024:.2f} GiB above "
            "that before",
            flush=True,
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"peak of the process, drawing included: {peak:.2f} GiB")


if __name__ == "__main__":
    main()
