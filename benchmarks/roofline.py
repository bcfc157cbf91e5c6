"""The least that a training step must move and compute, against what it takes."""

import time

import torch
from contract import Options

COPIED = 2**26  # bytes: far beyond any cache of a core


def bandwidth(repeats: int = 5) -> float:
    """Bytes a second that torch reads and writes when it copies."""
    source, target = torch.zeros(COPIED // 4), torch.zeros(COPIED // 4)
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        target.copy_(source)
        best = min(best, time.perf_counter() - started)
    return 2 * COPIED / best


def demand(number: int, links: int, options: Options) -> tuple[float, float, float]:
    """Floating-point operations, bytes moved at least, and bytes if nothing stays in a cache.

    Args:
        number: neurons ``N``.
        links: training links ``P``, each both ways in the graph; as many negatives.
        options: ``hidden_dim`` h and ``latent_dim`` d; VGAE has two heads.

    At least: each array is read or written once by each product that needs it. Without a cache:
    every nonzero of a sparse product fetches its row of the dense factor from memory.
    """
    hidden, dim = options.hidden_dim, options.latent_dim
    heads = dim * (2 if options.variational else 1)
    nonzeros, pairs = 2 * links + number, 2 * links
    sparse = 2 * nonzeros * (2 * hidden + 2 * heads)  # both layers, there and back
    dense = 3 * 2 * number * hidden * heads
    decoder = 3 * 2 * pairs * dim  # logits, and the gradient for either end
    adam = 12 * (number * hidden + hidden * heads)
    matrix = 4 * nonzeros * 12  # int64 column and float32 value, four products
    layers = 4 * number * (2 * 2 * hidden + 2 * 2 * heads + 4 * hidden + 4 * heads)
    drawn = links * 8 * 6  # ranks drawn, sorted, looked up, split into two ends
    decoded = pairs * (3 * 4 + 4 * 4)  # three passes over the pattern, values there and back
    weights = 4 * 7 * (number * hidden + hidden * heads)  # Adam reads four arrays, writes three
    least = matrix + layers + drawn + decoded + weights
    fetched = 4 * nonzeros * (2 * hidden + 2 * heads) + 4 * pairs * 4 * dim
    return float(sparse + dense + decoder + adam), float(least), float(least + fetched)


def roofline(number: int, links: int, options: Options, milliseconds: float) -> str:
    """One line."""
    speed = bandwidth()
    flops, least, most = demand(number, links, options)
    floor, ceiling = (1e3 * moved / speed for moved in (least, most))
    return (
        f"Roofline: a step computes {flops / 1e6:.1f} MFLOP and moves at least {least / 1e6:.1f} "
        f"MB ({most / 1e6:.1f} MB without caches); at the {speed / 1e9:.1f} GB/s of a copy that is "
        f"{floor:.2f} ms ({ceiling:.2f} ms). It takes {milliseconds:.2f} ms: "
        f"{flops / milliseconds / 1e6:.2f} GFLOP/s, {milliseconds / floor:.1f} times the floor."
    )
