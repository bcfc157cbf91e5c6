"""Left-right pairs that are found from wiring, beside true ones: mirrored shares, held-out links.

    OMP_NUM_THREADS=1 python benchmarks/found_pairs.py --archive PATH/Supplementary-Data-S1.zip

The two sides of a brain are matched without its ``pair_id``, which then judges. A brain is matched
again after the targets of its links were exchanged within each block of sides: degrees stay, no
symmetry does. Beside the mirrored share over found pairs stands that with their partners permuted.
Of the validation links of ``split.protocol=orbit`` by found pairs it is counted how many have their
true mirror image among the training links.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

import connectome
from connectome.analysis.cell_typing import measured
from connectome.analysis.neuron_matching import matched_sides
from connectome.data.neurons import hemispheres, homologs
from connectome.data.splits import SplitConfig, split_links
from connectome.data.tabular import csv_text
from connectome.types import Connectome

SURE = 0.9
PASSES, PERMUTATIONS = 10, 5


def mirrored(links: np.ndarray, among: np.ndarray, mate: np.ndarray) -> float:
    """Share of ``links`` ``[2, E]`` between paired neurons with their mirror among others."""
    (pre, post), n = links, len(mate)
    asked = (pre != post) & (mate[pre] >= 0) & (mate[post] >= 0) & (mate[pre] != post)
    wanted = mate[pre[asked]] * n + mate[post[asked]]
    return float(np.isin(wanted, among[0] * n + among[1]).mean())


def rewired(brain: Connectome, seed: int) -> Connectome:
    """Targets exchanged within each block of sides, two links at a time, so that none doubles."""
    rng, n = np.random.default_rng(seed), brain.num_neurons
    side, (pre, post) = hemispheres(brain).numpy() + 1, brain.edge_index.numpy().copy()
    block, there = side[pre] * 3 + side[post], set((pre * n + post).tolist())
    for _ in range(PASSES):
        for one in np.unique(block):
            rows = rng.permutation(np.flatnonzero(block == one))
            for i, j in zip(rows[0::2].tolist(), rows[1::2].tolist(), strict=False):
                new = {int(pre[i] * n + post[j]), int(pre[j] * n + post[i])}
                if new & there or pre[i] == post[j] or pre[j] == post[i]:
                    continue
                there -= {int(pre[i] * n + post[i]), int(pre[j] * n + post[j])}
                there |= new
                post[i], post[j] = post[j], post[i]
    order = np.argsort(pre * n + post)
    edges = torch.from_numpy(np.stack([pre, post])[:, order])
    return replace(brain, edge_index=edges, synapses=brain.synapses[torch.from_numpy(order)])


def without_pairs(brain: Connectome) -> Connectome:
    """The brain with its sides alone."""
    return replace(brain, neurons=brain.neurons.drop(columns="pair_id"))


def row(name: str, brain: Connectome, links_of: tuple[int, ...]) -> dict[str, object]:
    """What is found in one brain; ``links_of`` are split seeds of held-out links."""
    truth = homologs(brain).numpy()
    with measured() as cost:
        found = matched_sides(without_pairs(brain))
    mate, n = homologs(found).numpy(), brain.num_neurons
    one = np.flatnonzero(mate > np.arange(n))
    rng, dealt = np.random.default_rng(0), []
    links = brain.edge_index.numpy()
    for _ in range(PERMUTATIONS):
        other, fake = rng.permutation(mate[one]), np.full(n, -1)
        fake[one], fake[other] = other, one
        dealt.append(mirrored(links, links, fake))
    sure = found.neurons["pair_confidence"].to_numpy()[one] >= SURE
    left = {
        f"left in training, {protocol} by {which}": float(np.mean([*values]))
        for which, judged in (("true", brain), ("found", found))
        for protocol in ("orbit", "reciprocal")
        if (values := [*held_out(judged, protocol, truth, links_of)])
    }
    return {
        "data": name, "true pairs": int((truth >= 0).sum()) // 2, "found": len(one),
        "right": float((truth[one] == mate[one]).mean()), "sure": int(sure.sum()),
        "mirrored, true": mirrored(links, links, truth),
        "mirrored, found": mirrored(links, links, mate),
        "permuted": float(np.mean(dealt)), "CPU s": cost.seconds, **left,
    }  # fmt: skip


def held_out(
    brain: Connectome, protocol: str, truth: np.ndarray, seeds: tuple[int, ...]
) -> Iterator[float]:
    """Share of the validation links whose true mirror is a training link, by split seed."""
    for seed in seeds:
        split = split_links(brain, SplitConfig(directed=True, protocol=protocol, seed=seed))
        yield mirrored(split.val.numpy(), split.train.numpy(), truth)


def brains(given: argparse.Namespace) -> Iterator[tuple[str, Connectome, tuple[int, ...]]]:
    """Name, data, and split seeds of each row."""
    seeds = range(1 if given.smoke else 3)
    if given.archive:
        larva = connectome.load("larva_brain", archive=given.archive)
        yield "larva", larva, (100, 101, 102)
        for seed in seeds:
            yield f"larva rewired, {seed}", rewired(larva, seed), ()
    size = {"neurons": 200, "edges": 3000, "types": 5} if given.smoke else {}
    for share in (0.5,) if given.smoke else (0.5, 0.25, 0.12):
        for seed in seeds:
            made = connectome.load("blockmodel", mirrored=share, seed=seed, **size)
            yield f"blockmodel, mirrored={share}, {seed}", made, (100,) if given.smoke else ()


def main() -> None:
    """Match, count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--archive", help="of the larval brain; left out without")
    parser.add_argument("--smoke", action="store_true", help="a small drawn brain alone")
    rows = [row(*one) for one in brains(parser.parse_args())]
    print(csv_text(pd.DataFrame(rows), "%.3f"), end="")


if __name__ == "__main__":
    main()
