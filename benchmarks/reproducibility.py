"""How reproducible a link is: of links of paired neurons, how many exist on the other side too.

    python benchmarks/reproducibility.py data=flywire_right data.root=FOLDER \
        'data.drop.super_class=[optic]' home=flywire_left_central home.root=FOLDER truth=cell_type
    python benchmarks/reproducibility.py data=larva_brain data.archive=PATH truth=pair_id \
        --protocol orbit --models lse:24 directed_factor:24 --seeds 0 1 2 3 4

Words without dashes are those of ``python -m connectome match``. Without ``home`` a link of the
brain is looked up between the homologs (``pair_id``) of its neurons in the same brain. A second
table takes the mirrored link as a score of links held out, beside methods that are fitted to the
brain in ``data`` without them.
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from scipy import stats

import connectome
from connectome.analysis.latent import synapse_matrix
from connectome.analysis.neuron_matching import read_truth
from connectome.cli.match import MatchConfig
from connectome.cli.shared.two_brains import read_brains, read_words
from connectome.data.neurons import pair_rows
from connectome.data.splits import AbsentPairs, make_evaluation_pairs
from connectome.metrics.links import link_metrics
from connectome.types import Connectome, LinkSplit

BINS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 25, 50, 10**9)  # synapses of a link: first of each bin
DRAWS, NULLS, CLASSES = 1000, 20, 20  # bootstraps, permutations, classes of degree
SMOKE = ["data=blockmodel", "data.neurons=200", "data.edges=4000", "data.types=5", "truth=pair_id"]
MIRROR = "the mirrored link"


def paired(
    brain: Connectome, home: Connectome | None, truth: str, least: int = 1
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs ``[P, 2]`` of positions, and synapses ``[P, P]`` among their first and second neurons.

    Links of a neuron to itself, and of fewer synapses than ``least``, are left out.
    """
    other = brain if home is None else home
    pairs = pair_rows(brain, brain) if home is None else read_truth(brain, home, truth).pairs
    sides = []
    for each, rows in zip((brain, other), pairs.T, strict=True):
        counts = synapse_matrix(each)[rows][:, rows].toarray()
        np.fill_diagonal(counts, 0)
        counts[counts < least] = 0
        sides.append(counts)
    return pairs, sides[0], sides[1]


def persistence(here: np.ndarray, there: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """Share of the links of one side that exist on the other, by their number of synapses.

    The interval (95%) is over senders drawn anew with replacement: links of one neuron are not
    independent. The null exchanges the neurons of the other side within 20 classes of their degree.

    Args:
        here: ``[P, P]`` synapses among the neurons of one side.
        there: ``[P, P]`` synapses among their partners, in the same order.
        seed: of bootstrap and null.

    Returns:
        A row a bin that has links, and one of all: ``synapses, links, exist, low, high, null``.
    """
    rng = np.random.default_rng(seed)
    pre, post = np.nonzero(here)
    place = np.digitize(here[pre, post], BINS) - 1
    size = len(here), len(BINS) - 1
    links, both = np.zeros(size), np.zeros(size)
    np.add.at(links, (pre, place), 1)
    np.add.at(both, (pre, place), there[pre, post] > 0)
    null = np.zeros(size[1])
    for order in exchanged(there, rng):
        found = there[order[pre], order[post]] > 0
        null += np.bincount(place, found, minlength=size[1]) / NULLS
    weight = rng.multinomial(len(here), np.full(len(here), 1 / len(here)), size=DRAWS)
    names = [str(a) if b == a + 1 else f"{a}-{b - 1}" for a, b in pairwise(BINS)]
    columns = [(names[k].replace(f"-{BINS[-1] - 1}", "+"), [k]) for k in np.unique(place)]
    rows = []
    for name, bins in [*columns, ("all", range(size[1]))]:
        all_of, both_of = links[:, bins].sum(axis=1), both[:, bins].sum(axis=1)
        drawn = weight @ all_of
        drawn = (weight @ both_of)[drawn > 0] / drawn[drawn > 0]
        low, high = np.percentile(drawn, [2.5, 97.5])
        count = all_of.sum()
        rows.append(
            {
                "synapses": name, "links": int(count), "exist": both_of.sum() / count,
                "low": low, "high": high, "null": null[bins].sum() / count,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def exchanged(there: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Orders ``[P]`` of neurons that exchange those of about the same degree."""
    degree = (there > 0).sum(axis=0) + (there > 0).sum(axis=1)
    classes = np.array_split(np.argsort(degree, kind="stable"), min(CLASSES, len(there)))
    for _ in range(NULLS):
        order = np.empty(len(there), dtype=np.int64)
        for members in classes:
            order[members] = rng.permutation(members)
        yield order


def agreement(here: np.ndarray, there: np.ndarray) -> dict[str, float]:
    """Correlation of log counts of links on both sides, and means of the two sides.

    ``share`` is that of the links that exist on the other side, ``density`` that of the pairs.
    """
    both, sides = (here > 0) & (there > 0), (here > 0).sum() + (there > 0).sum()
    return {
        "r of log counts": np.corrcoef(np.log(here[both]), np.log(there[both]))[0, 1],
        "share": 2 * both.sum() / sides,
        "density": sides / (2 * len(here) * (len(here) - 1)),
    }


def ceilings(share: float, density: float, steps: int = 20_000) -> pd.DataFrame:
    """AUC and average precision of the best score there can be, if links come about by chance.

    Each pair of neurons has a chance that is the same on both sides, and each side draws for
    itself. The best score is that chance. Its mean is the density; its mean over links is the share
    of links that exist on the other side too. That does not say how the chance is distributed:
    some links may be certain and the others anywhere, pairs may have one chance or none, and in
    between lies a beta distribution. Precision is at the true density.

    Args:
        share: of the links that exist on the other side too.
        density: links as a share of the pairs.
        steps: of the integrals.
    """
    total = (1 - share) / (share - density)
    a, b = density * total, (1 - density) * total
    above = (np.arange(steps) + 0.5) / steps  # links with a higher chance
    chance = stats.beta.isf(above, a + 1, b)
    false = stats.beta.sf(chance, a, b + 1)  # unconnected pairs with a higher chance
    precision = density * above / (density * above + (1 - density) * false)
    alike = 1 - density * (1 - share) / (2 * share * (1 - density))
    certain = (share - density) / (1 - 2 * density + share * density)  # as a share of the links
    rows = [
        ("certain, or anywhere", (1 + certain) / 2, certain + (1 - certain) * density),
        ("beta distribution", 1 - false.mean(), precision.mean()),
        ("one chance or none", alike, share),
    ]
    return pd.DataFrame(rows, columns=["chances", "best AUC", "best AP"])


def opponents(here: np.ndarray, test: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Unconnected pairs ``[2, Q]`` that links held out ``[2, T]`` compete with, by their kind.

    ``all`` is the same share of all unconnected pairs as ``test`` is of all links, so that
    precision is that at the true density.
    """
    links = torch.from_numpy(np.stack(np.nonzero(here)))
    held = torch.from_numpy(test)
    size = len(here)
    uniform = AbsentPairs.of(links, size, directed=True).sample_distinct(
        test.shape[1], torch.Generator().manual_seed(seed)
    )
    nothing = held[:, :0]
    split = LinkSplit(
        num_neurons=size, directed=True, protocol="random", seed=seed, train=links, val=nothing,
        test=held, val_negatives=nothing, test_negatives=uniform, dropped_self_loops=0,
    )  # fmt: skip
    matched = make_evaluation_pairs(None, split, "degree_matched", "test")  # type: ignore[arg-type]
    rng = np.random.default_rng(seed)
    absent = (here == 0) & (rng.random(here.shape) < test.shape[1] / links.shape[1])
    np.fill_diagonal(absent, False)
    return {
        "uniform": uniform.numpy(), "degree-matched": matched.negatives.numpy(),
        "all": np.stack(np.nonzero(absent)),
    }  # fmt: skip


def judged(
    scores: np.ndarray, there: np.ndarray, test: np.ndarray, against: dict[str, np.ndarray]
) -> dict[str, float]:
    """AUC and average precision of scores ``[P, P]`` of all pairs.

    ``mirrored`` and ``not mirrored`` are the AUC of links that exist on the other side, and of
    those that do not, against uniform pairs.
    """
    row: dict[str, float] = {}
    links = scores[tuple(test)]
    for kind, pairs in against.items():
        found = link_metrics(torch.from_numpy(links), torch.from_numpy(scores[tuple(pairs)]))
        row |= {f"{kind} AUC": found.auc, f"{kind} AP": found.ap}
    uniform = torch.from_numpy(scores[tuple(against["uniform"])])
    exists = there[tuple(test)] > 0
    for name, chosen in (("mirrored", exists), ("not mirrored", ~exists)):
        row[name] = link_metrics(torch.from_numpy(links[chosen]), uniform).auc
    return row


def then(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whole numbers ``[P, P]``, ties among which are broken by other scores ``[P, P]``."""
    rank = np.empty(second.size)
    rank[np.argsort(second, axis=None, kind="stable")] = np.arange(second.size)
    return np.asarray(first + rank.reshape(second.shape) / second.size)


def all_scores(fitted: connectome.Fitted, rows: np.ndarray) -> np.ndarray:
    """``[P, P]`` scores of all pairs of some neurons."""
    scores = [
        fitted.scorer.score_pairs(torch.from_numpy(np.stack([np.full(len(rows), one), rows])))
        for one in rows
    ]
    return torch.stack(scores).double().numpy()


def compared(
    brain: Connectome, rows: np.ndarray, sides: tuple[np.ndarray, np.ndarray],
    given: argparse.Namespace,
) -> pd.DataFrame:  # fmt: skip
    """Methods beside the mirrored link, a row each and split; without methods, of all links."""
    here, there = sides
    if not given.models:
        test = np.stack(np.nonzero(here))
        score = judged(there, there, test, opponents(here, test, 0))
        return pd.DataFrame([{"method": MIRROR, "seed": 0, "links": test.shape[1]} | score])
    table = []
    place = np.full(brain.num_neurons, -1)
    place[rows] = np.arange(len(rows))
    for seed in given.seeds:
        told = {"seed": seed, "links": 0}
        for model in given.models:
            name, _, dims = model.partition(":")
            fitted = connectome.fit(
                brain, name, int(dims or 2), seed, given.protocol, directed=True
            )
            test = place[fitted.split.test.numpy()]
            test = test[:, (test >= 0).all(axis=0)]
            against = opponents(here, test, seed)
            told["links"] = test.shape[1]
            scores = all_scores(fitted, rows)
            named = {model: scores, f"{MIRROR}, then {model}": then(there, scores)}
            named = named if model != given.models[0] else {MIRROR: there} | named
            for method, values in named.items():
                table.append({"method": method} | told | judged(values, there, test, against))
            print(f"seed {seed}: {model} is done", flush=True)
    return pd.DataFrame(table)


def show(title: str, table: pd.DataFrame) -> None:
    """Print a table, figures to three places."""
    print(f"\n{title}\n{table.to_string(index=False, float_format='%.3f')}", flush=True)


def main(words: Sequence[str] | None = None) -> None:
    """Read, count, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="of python -m connectome match")
    parser.add_argument("--models", nargs="*", default=[], help="NAME or NAME:DIMENSIONS")
    parser.add_argument("--protocol", default="reciprocal", help="of the split for the models")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0], help="of split and model")
    parser.add_argument("--least", type=int, default=1, help="synapses of a link that is counted")
    parser.add_argument("--smoke", action="store_true", help="a small drawn brain")
    given = parser.parse_args(words)
    if given.models and given.least > 1:
        parser.error("--least is of the tables of counts; leave --models out")
    config, options = read_words(SMOKE if given.smoke else given.words, "match", MatchConfig)
    brain, home = read_brains(config)
    pairs, here, there = paired(brain, home, options["truth"], given.least)
    print(f"{len(pairs):,} pairs of neurons")
    there_name = f"homologs in {brain.name}" if home is None else home.name
    ways = [(f"{brain.name} -> {there_name}", here, there)]
    if home is not None:
        ways.append((f"{home.name} -> {brain.name}", there, here))
    for name, one, other in ways:
        show(name, persistence(one, other))
    told = agreement(here, there)
    print("\nof both: " + ", ".join(f"{key} {value:.4f}" for key, value in told.items()))
    show("the best score there can be", ceilings(told["share"], told["density"]))
    table = compared(brain, pairs[:, 0], (here, there), given)
    means = table.groupby("method", sort=False).mean().drop(columns="seed").reset_index()
    show(f"{ways[0][0]}: links scored, means over seeds {given.seeds}", means)
    if len(given.seeds) > 1:
        spread = table.groupby("method", sort=False).std().drop(columns="seed").reset_index()
        show("standard deviation", spread)


if __name__ == "__main__":
    main()
