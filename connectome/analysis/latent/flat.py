"""The plane that an embedding is shown in: how it was made, what it is worth, and its copy on disk.

A map of many neurons takes minutes, so that it lies beside the run that it was made from, with the
checksum of what it was made of.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from connectome.metrics.neurons import MapQuality, map_qualities
from connectome.models.maps import MapSettings, Nearest, library, plane, umap_map
from connectome.runs import load_arrays, save_arrays
from connectome.types import InputError, NotApplicableError

log = logging.getLogger(__name__)

UMAP, COMPONENTS = "umap", "components"
AS_IS = "as is"
MAPS = (UMAP, COMPONENTS)
MAP = "map.npz"  # in the folder of a run
_LARGE = 20_000  # neurons whose map takes more than a minute


@dataclass(frozen=True, eq=False)
class FlatMap:
    """Where to draw neurons.

    Attributes:
        position: ``[N, 2]`` float32.
        name: ``UMAP``, ``components``, or ``as is`` for an embedding of at most two dimensions.
        how: one sentence on what the two coordinates are.
        quality: of the map; None for an embedding of at most two dimensions.
        components: quality of the first two principal components; None likewise.
        beside: the first two principal components, where ``position`` is another map.
    """

    position: np.ndarray
    name: str
    how: str
    quality: MapQuality | None = None
    components: MapQuality | None = None
    beside: "FlatMap | None" = None


def flat_map(
    factors: np.ndarray,
    what: str,
    kind: str = UMAP,
    folder: Path | None = None,
    seed: int = 0,
    near: Callable[[], Nearest] | None = None,
) -> FlatMap:
    """The map of an embedding, which is the embedding itself with at most two dimensions.

    Args:
        factors: ``[N, d]``.
        what: they are called, such as ``48 source and target factors``.
        kind: ``umap`` or ``components``, for more than two dimensions.
        folder: of the run, where a map made earlier lies; None without.
        seed: of the map.
        near: finds the nearest others in ``factors``, if a map is made; None searches them.

    Raises:
        InputError: for an unknown ``kind``.
    """
    require_map(kind)
    flat = plane(factors).astype(np.float32)
    if factors.shape[1] == 1:
        return FlatMap(flat, AS_IS, "The one latent dimension, put beside zero.")
    if factors.shape[1] == 2:
        return FlatMap(flat, AS_IS, "The two latent dimensions, as they are.")
    if len(factors) < 3:
        return FlatMap(flat, COMPONENTS, f"First two principal components of the {what}.")
    settings = MapSettings(seed=seed)
    made_here = factors, settings, folder, near
    position, missing = _umap(*made_here) if kind == UMAP else (None, "")
    plain, *found = map_qualities(factors, [flat] if position is None else [flat, position])
    sampled = _sampled(plain, factors)
    said = f"First two principal components of the {what}: {_worth(plain)}"
    beside = FlatMap(flat, COMPONENTS, f"{said}{missing or sampled}.", plain, plain)
    if position is None:
        return beside
    made = f"UMAP of the {what} ({settings.neighbours} neighbours, seed {seed})"
    how = f"{made}: {_worth(found[0])}. {said}{sampled}."
    return FlatMap(position, "UMAP", how, found[0], plain, beside)


def _umap(
    factors: np.ndarray,
    settings: MapSettings,
    folder: Path | None,
    near: Callable[[], Nearest] | None,
) -> tuple[np.ndarray | None, str]:
    """The map, or None and why there is none."""
    try:
        return _remembered(factors, settings, folder, near), ""
    except NotApplicableError as error:
        log.warning("no UMAP: %s; first two principal components instead", error)
        return None, f"; no UMAP, since {error}"


def kept_map(factors: np.ndarray, folder: Path | None = None, seed: int = 0) -> FlatMap:
    """The map of ``factors`` ``[N, d]`` that lies in ``folder``, else the first two components.

    None is made and none is judged; at most two dimensions stay as they are.

    Args:
        factors: ``[N, d]``.
        folder: of the run; None without.
        seed: of the map.
    """
    flat = plane(factors).astype(np.float32)
    if factors.shape[1] <= 2:
        return FlatMap(flat, AS_IS, "the latent dimensions as they are")
    settings = MapSettings(seed=seed)
    known = None
    if folder is not None:
        known = _kept(folder / MAP, _key(factors, settings), len(factors))
    if known is None:
        return FlatMap(flat, COMPONENTS, "first two principal components of the factors")
    return FlatMap(
        known, "UMAP", f"UMAP of the factors ({settings.neighbours} neighbours, seed {seed})"
    )


def require_map(kind: str, option: str = "map") -> None:
    """Refuse a kind of map that there is not.

    Raises:
        InputError: naming the ``option``.
    """
    if kind not in MAPS:
        raise InputError(f"{option}={kind}: choose one of {', '.join(MAPS)}")


def _worth(quality: MapQuality) -> str:
    return (
        f"trustworthiness {quality.trustworthiness:.3f}, {quality.recall:.0%} of the "
        f"{quality.neighbours} nearest neighbours kept"
    )


def _sampled(quality: MapQuality, factors: np.ndarray) -> str:
    if quality.queries == len(factors):
        return ""
    return f" (over {quality.queries:,} neurons drawn at random)"


def _remembered(
    factors: np.ndarray,
    settings: MapSettings,
    folder: Path | None,
    near: Callable[[], Nearest] | None,
) -> np.ndarray:
    """The map from ``folder`` if it is of these factors and settings, else made and kept there.

    Raises:
        NotApplicableError: if there is none.
    """
    key = _key(factors, settings)
    if folder is not None and (known := _kept(folder / MAP, key, len(factors))) is not None:
        log.info("map: read from %s", folder / MAP)
        return known
    minutes = ", minutes for so many" if len(factors) > _LARGE else ""
    log.info("map: UMAP of %s neurons%s", f"{len(factors):,}", minutes)
    position = umap_map(factors, settings, near() if near else None)
    if folder is not None:
        try:
            save_arrays(folder / MAP, {"position": position, "key": np.array(key)})
        except OSError as error:  # a run of somebody else: the map is there all the same
            log.warning("map: not kept in %s: %s", folder / MAP, error.strerror)
    return position


def _key(factors: np.ndarray, settings: MapSettings) -> str:
    """What a map follows from: the factors to the last bit, the settings, the library."""
    told = json.dumps([*factors.shape, asdict(settings), library()], sort_keys=True)
    numbers = np.ascontiguousarray(factors, dtype=np.float64)
    return hashlib.sha256(told.encode() + numbers.tobytes()).hexdigest()


def _kept(path: Path, key: str, count: int) -> np.ndarray | None:
    """The map in a file; None without one, or of other factors, settings or library."""
    if not path.is_file():
        return None
    try:
        arrays = load_arrays(path)
    except InputError as error:
        log.warning("%s", str(error).replace("delete it and repeat train.py", "it is made again"))
        return None
    position = arrays.get("position")
    if position is None or str(arrays.get("key")) != key:
        return None
    whole = position.dtype == np.float32 and position.shape == (count, 2)
    return position if whole and np.isfinite(position).all() else None
