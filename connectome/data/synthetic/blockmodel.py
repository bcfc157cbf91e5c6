"""Connectomes drawn from a block model of which everything is known."""

from typing import Any

import numpy as np
import pandas as pd

from connectome.data.neurons import HEMISPHERE_COLUMN, PAIR_COLUMN, SIDES, TYPE_COLUMN
from connectome.data.readers.selection import selecting
from connectome.data.synthetic.settings import SeedSampler, WiringSettings, wiring_law
from connectome.data.tabular import from_keys
from connectome.receipt import Receipt
from connectome.scores.wiring import WiringLaw
from connectome.types import Connectome, InputError, distinct

_CHUNK = 1 << 21  # seeds that are drawn at a time
CITATION = (
    "Karrer B, Newman MEJ (2011) Stochastic blockmodels and community structure in networks. "
    "Physical Review E 83:016107. doi:10.1103/PhysRevE.83.016107"
)


@selecting
def read_blockmodel(**options: Any) -> Connectome:
    """A generated connectome with cell types, sides and homologs.

    The same options give the same connectome, and ``wiring_law(WiringSettings(**options))`` is the
    law that it was drawn from, for :func:`~connectome.scores.link_probability`. Its neuron table
    has ``cell_type``, ``hemisphere`` and ``pair_id``.

    Args:
        options: fields of :class:`~connectome.data.synthetic.settings.WiringSettings`.

    Raises:
        InputError: for an unknown option, one out of range, or numbers that cannot be had together.
    """
    known = WiringSettings.__dataclass_fields__
    if unknown := sorted(set(options) - set(known)):
        raise InputError(f"blockmodel: no option '{unknown[0]}'; use {', '.join(known)}")
    settings = WiringSettings(**options)
    law = wiring_law(settings)
    keys = _sample_keys(law, settings.seed)
    return from_keys(
        name="blockmodel",
        ids=np.arange(1, law.num_neurons + 1),
        keys=keys,
        synapses=sample_synapses(len(keys), settings),
        neurons=_annotations(law),
        citation=CITATION,
        receipt=Receipt("blockmodel", layout=f"drawn from a block model, seed {settings.seed}"),
    )


def sample_links(law: WiringLaw, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Links drawn from ``law``: senders and receivers, ``[E]`` int64 each, sorted and unique."""
    pre, post = np.divmod(_sample_keys(law, seed), law.num_neurons)
    return pre, post


def _sample_keys(law: WiringLaw, seed: int) -> np.ndarray:
    """``pre * N + post`` of each link, sorted."""
    rng = np.random.default_rng([seed, 2])
    sampler, n = SeedSampler(law), law.num_neurons
    counts = rng.poisson(sampler.block_rates)
    rows = counts.sum(axis=1)
    part = (np.cumsum(rows) - rows) // _CHUNK  # types whose seeds are drawn together
    starts = np.searchsorted(part, np.unique(part))
    keys = []
    for start, stop in zip(starts, [*starts[1:], len(rows)], strict=True):
        pre, post = sampler.draw(counts[start:stop], slice(start, stop), rng)
        for first, second in _with_copies(law, pre, post, rng):
            keys.append(first * n + second)
    merged = np.concatenate(keys)
    keys.clear()
    return distinct(merged)


def _with_copies(
    law: WiringLaw, pre: np.ndarray, post: np.ndarray, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    copied = rng.random(len(pre)) < law.reverse
    links = [(pre, post), (post[copied], pre[copied])]
    for first, second in tuple(links):
        copied = (rng.random(len(first)) < law.mirror) & law.has_mirror(first, second)
        links.append((law.homolog[first[copied]], law.homolog[second[copied]]))
    return links


def sample_synapses(number: int, settings: WiringSettings) -> np.ndarray:
    """Synapse counts ``[number]`` float64: 1 plus a negative binomial."""
    rng = np.random.default_rng([settings.seed, 3])
    counts, mean = np.ones(number), settings.synapse_mean - 1
    share = settings.synapse_size / (settings.synapse_size + mean)
    for start in range(0, number, _CHUNK):
        part = counts[start : start + _CHUNK]
        part += rng.negative_binomial(settings.synapse_size, share, len(part))
    return counts


def _annotations(law: WiringLaw) -> pd.DataFrame:
    digits = len(str(len(law.affinity) - 1))
    names = np.array([f"T{k:0{digits}d}" for k in range(len(law.affinity))])
    partner = pd.Series(law.homolog + 1, dtype="Int64").mask(law.homolog < 0)
    return pd.DataFrame(
        {
            TYPE_COLUMN: names[law.cell_type],
            HEMISPHERE_COLUMN: np.array(SIDES)[law.side],
            PAIR_COLUMN: partner,
        }
    )
