"""Embeddings of a connectome side by side: repeats over seeds, aligned, and what is stable."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.linalg import orthogonal_procrustes

from connectome.runs import EMBEDDING, Run, labels, load_scorer
from connectome.scores import Embedding
from connectome.types import Connectome, InputError


@dataclass(frozen=True, eq=False)
class LatentSpace:
    """One method and dimension, repeated over seeds.

    Attributes:
        method: name of the method with its variant.
        latent_dim: number of latent dimensions ``d``.
        repeats: an embedding for each seed, the lowest seed first.
        held_out: whether links were held out when it was made.
        auc: mean AUC of these links over repeats; NaN where none were held out.
    """

    method: str
    latent_dim: int
    repeats: tuple[Embedding, ...]
    held_out: bool
    auc: float = float("nan")

    @property
    def name(self) -> str:
        """Method and dimension."""
        return f"{self.method}, d = {self.latent_dim}"

    @cached_property
    def factors(self) -> list[np.ndarray]:
        """``[N, d]`` of each repeat, ``[N, 2 d]`` where a neuron has other factors as a receiver.

        All repeats are turned onto the first: scores do not change when a space is turned, so the
        axes of two seeds have nothing to do with each other.
        """
        first, *others = (factors_of(repeat) for repeat in self.repeats)
        return [first, *(turned(other, first) for other in others)]

    @cached_property
    def described(self) -> list[np.ndarray]:
        """``[N, F]`` of each repeat: its factors, and biases if there are."""
        return [
            np.column_stack([factors, *_biases(repeat)])
            for factors, repeat in zip(self.factors, self.repeats, strict=True)
        ]

    @cached_property
    def position(self) -> np.ndarray:
        """``[N, 2]`` float32 where to draw each neuron, from the first repeat."""
        return plane(self.factors[0]).astype(np.float32)

    @property
    def how(self) -> str:
        """One sentence on what the two coordinates are."""
        width = self.factors[0].shape[1]
        if width == 2:
            return "The two latent dimensions, as they are."
        sides = "source and target factors" if width == 2 * self.latent_dim else "factors"
        return f"First two principal components of the {width} {sides}."

    @property
    def uncertainty(self) -> np.ndarray | None:
        """``[N]`` float32 posterior s.d., root mean square over dimensions; None without one."""
        log_std = self.repeats[0].log_std
        if log_std is None:
            return None
        root = (2 * log_std.double()).exp().mean(dim=1).sqrt()
        return np.asarray(root.numpy(), dtype=np.float32)

    @cached_property
    def instability(self) -> np.ndarray | None:
        """``[N]`` float32 s.d. of a neuron's place over seeds, in units of the spread of the map.

        Zero where all seeds agree, about one where a neuron lands anywhere; None for one seed.
        """
        if len(self.repeats) < 2:
            return None
        places = np.stack([each - each.mean(axis=0) for each in self.factors])
        centre = places.mean(axis=0)
        moved = np.sqrt(((places - centre) ** 2).sum(axis=2).sum(axis=0) / (len(places) - 1))
        return np.asarray(moved / np.sqrt((centre**2).sum(axis=1).mean()), dtype=np.float32)


def factors_of(embedding: Embedding) -> np.ndarray:
    """``[N, d]`` float64, or ``[N, 2 d]`` with the receiving side beside the sending one."""
    source, target = embedding.source.double().numpy(), embedding.target.double().numpy()
    alike = embedding.source is embedding.target or np.array_equal(abs(source), abs(target))
    return source if alike else np.concatenate([source, target], axis=1)


def _biases(embedding: Embedding) -> list[np.ndarray]:
    """One bias, or two where sender and receiver have their own."""
    own = {id(b): b for b in (embedding.source_bias, embedding.target_bias) if b is not None}
    return [bias.double().numpy() for bias in own.values()]


def turned(values: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """``[N, d]``: ``values`` shifted, turned and mirrored onto ``onto``, both ``[N, d]``.

    Distances stay as they are. Orthogonal Procrustes (Schönemann 1966, doi:10.1007/BF02289451).
    """
    centred = values - values.mean(axis=0)
    rotation, _ = orthogonal_procrustes(centred, onto - onto.mean(axis=0))
    return np.asarray(centred @ rotation + onto.mean(axis=0))


def plane(factors: np.ndarray) -> np.ndarray:
    """``[N, 2]`` from ``factors`` ``[N, d]``, by principal components if ``d > 2``.

    Two dimensions stay as they are; one is put beside zero.
    """
    if factors.shape[1] == 1:
        return np.concatenate([factors, np.zeros_like(factors)], axis=1)
    if factors.shape[1] == 2:
        return factors
    centred = factors - factors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ axes[:, :-3:-1])


def latent_spaces(runs: Sequence[Run], connectome: Connectome) -> list[LatentSpace]:
    """The embeddings of ``runs`` by method and dimension, fewest dimensions first.

    Methods without factors are left out.

    Raises:
        InputError: if a run is of other data, or none has an embedding.
    """
    groups: dict[tuple[str, int], list[tuple[Run, Embedding]]] = {}
    for run, label in zip(runs, labels(runs), strict=True):
        scorer = load_scorer(run.path / EMBEDDING)
        if scorer.data_fingerprint != connectome.fingerprint:
            raise InputError(
                f"{run.path}: made from another data set (fingerprint {scorer.data_fingerprint}, "
                f"{connectome.name} has {connectome.fingerprint}); report one data set at a time, "
                "or say where its data are: +data.KEY=VALUE"
            )
        if isinstance(scorer, Embedding) and run.latent_dim is not None:
            groups.setdefault((label, scorer.latent_dim), []).append((run, scorer))
    if not groups:
        raise InputError("no run has latent factors; train one with an embedding, model=vgae")
    spaces = [
        LatentSpace(
            method=method,
            latent_dim=dim,
            repeats=tuple(scorer for _, scorer in sorted(group, key=lambda pair: pair[0].seeds)),
            held_out=any(run.part == "test" for run, _ in group),
            auc=float(np.mean([run.metrics.get("test/auc", np.nan) for run, _ in group])),
        )
        for (method, dim), group in groups.items()
    ]
    return sorted(spaces, key=lambda space: (space.latent_dim, space.method))


def stability_table(spaces: Sequence[LatentSpace]) -> pd.DataFrame:
    """How far neurons move from seed to seed, in units of the spread of the space.

    Returns:
        Columns ``method, latent_dim, seeds, p05, median, p95``; a row each space of several seeds.
    """
    rows = []
    for space in spaces:
        if (moved := space.instability) is not None:
            low, middle, high = np.quantile(moved, [0.05, 0.5, 0.95])
            rows.append((space.method, space.latent_dim, len(space.repeats), low, middle, high))
    return pd.DataFrame(rows, columns=["method", "latent_dim", "seeds", "p05", "median", "p95"])
