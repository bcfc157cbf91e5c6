"""Embeddings of a connectome side by side: repeats over seeds, aligned, and what is stable."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.linalg import orthogonal_procrustes

from connectome.analysis.latent.flat import UMAP, FlatMap, flat_map
from connectome.models.maps import Nearest, nearest_others
from connectome.runs import EMBEDDING, Run, labels, load_scorer
from connectome.scores import Embedding
from connectome.types import Connectome, InputError

NEIGHBOURS = 15  # of each neuron that are searched: the map takes 14, the table 5


@dataclass(frozen=True, eq=False)
class LatentSpace:
    """One method and dimension, repeated over seeds.

    Attributes:
        method: name of the method with its variant.
        latent_dim: number of latent dimensions ``d``.
        repeats: an embedding for each seed, the lowest seed first.
        held_out: whether links were held out when it was made.
        auc: mean AUC of these links over repeats; NaN where none were held out.
        map: what shows more than two dimensions, ``umap`` or ``components``.
        folder: of the first run, where its map is kept; None without.
    """

    method: str
    latent_dim: int
    repeats: tuple[Embedding, ...]
    held_out: bool
    auc: float = float("nan")
    map: str = UMAP
    folder: Path | None = None

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
    def flat(self) -> FlatMap:
        """Where to draw each neuron, from the first repeat, and what that is worth."""
        factors = self.factors[0]
        width = factors.shape[1]
        sides = "source and target factors" if width == 2 * self.latent_dim else "factors"
        near = partial(self.nearest, NEIGHBOURS)
        return flat_map(factors, f"{width} {sides}", self.map, self.folder, near=near)

    def nearest(self, count: int) -> Nearest:
        """The ``count`` nearest others of each neuron in the factors of the first repeat.

        They are searched once for the map, the table and what else asks.
        """
        few = count <= NEIGHBOURS
        return self._near.first(count) if few else nearest_others(self.factors[0], count)

    @cached_property
    def _near(self) -> Nearest:
        return nearest_others(self.factors[0], NEIGHBOURS)

    @property
    def position(self) -> np.ndarray:
        """``[N, 2]`` float32 where to draw each neuron, from the first repeat."""
        return self.flat.position

    @property
    def how(self) -> str:
        """What the two coordinates are, and how many neighbours they keep."""
        return self.flat.how

    @property
    def shown_as(self) -> str:
        """Name of the space, and of the map if it is one: what a figure is called."""
        return f"{self.name}, {self.flat.name}" if self.flat.quality else self.name

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


def latent_spaces(
    runs: Sequence[Run], connectome: Connectome, shown: str = UMAP
) -> list[LatentSpace]:
    """The embeddings of ``runs`` by method and dimension, fewest dimensions first.

    Methods without factors are left out.

    Args:
        runs: of one data set.
        connectome: these data.
        shown: the map of more than two dimensions, ``umap`` or ``components``.

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
    spaces = [_space(name, dim, group, shown) for (name, dim), group in groups.items()]
    return sorted(spaces, key=lambda space: (space.latent_dim, space.method))


def _space(
    method: str, latent_dim: int, group: list[tuple[Run, Embedding]], shown: str
) -> LatentSpace:
    group = sorted(group, key=lambda pair: pair[0].seeds)
    return LatentSpace(
        method=method,
        latent_dim=latent_dim,
        repeats=tuple(scorer for _, scorer in group),
        held_out=any(run.part == "test" for run, _ in group),
        auc=float(np.mean([run.metrics.get("test/auc", np.nan) for run, _ in group])),
        map=shown,
        folder=group[0][0].path,
    )


def map_table(spaces: Sequence[LatentSpace]) -> pd.DataFrame:
    """What the map of each space of more than two dimensions keeps, beside plain components.

    Returns:
        Columns ``method, latent_dim, map, trustworthiness, neighbours_kept,
        trustworthiness_components, neighbours_kept_components, neighbours, neurons``; the last two
        are how many nearest neighbours of how many neurons were looked at.
    """
    rows = []
    for space in spaces:
        flat = space.flat
        if flat.quality is None or flat.components is None:
            continue
        worth = [
            number
            for quality in (flat.quality, flat.components)
            for number in (quality.trustworthiness, quality.recall)
        ]
        looked = flat.quality.neighbours, flat.quality.queries
        rows.append((space.method, space.latent_dim, flat.name, *worth, *looked))
    kept = ["trustworthiness", "neighbours_kept"]
    names = ["method", "latent_dim", "map", *kept, *(f"{name}_components" for name in kept)]
    return pd.DataFrame(rows, columns=[*names, "neighbours", "neurons"])


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
