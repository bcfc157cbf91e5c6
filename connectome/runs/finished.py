"""Finished runs on disk, and the table that compares them."""

import sys
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from connectome.data.splits import reported_part
from connectome.metrics.links import LinkMetrics
from connectome.runs import artifact_schema
from connectome.runs.artifacts import METRICS, STATUS, load_json, named, read_status
from connectome.runs.schema import check_value
from connectome.types import InputError

# Swept in every study, so they never tell two variants of a method apart.
_SWEPT = {"latent_dim", "seed", "model.latent_dim", "model.seed", "split.seed"}


@dataclass(frozen=True)
class Run:
    """A complete run.

    Attributes:
        path: its folder.
        method: name of the method with its variant.
        identity: flat ``{"model.hidden_dim": 64, ...}`` of all that determines the result.
        metrics: what training measured.
        benchmark: what its benchmark was, empty without one.
        sha256: checksums of its files by name, where they were recorded.
    """

    path: Path
    method: str
    identity: dict[str, Any]
    metrics: dict[str, float]
    benchmark: dict[str, Any] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)

    @property
    def latent_dim(self) -> int | None:
        """Number of latent dimensions; None for a method that has none."""
        given = self.identity["latent_dim"]
        return None if given is None else int(given)

    @property
    def part(self) -> str:
        """What its metrics are of: ``test``, ``train`` where nothing was held out, ``val`` without
        a test."""
        return reported_part(self.identity["split.protocol"], self.tested)

    @property
    def variant(self) -> str | None:
        """What was taken out of the method or exchanged, in words; None for the method itself."""
        return self.identity.get("variant")

    @property
    def tested(self) -> bool:
        """Whether it went on to the test part; a run of a search does not."""
        return bool(self.identity["test"])

    @property
    def link_metrics(self) -> LinkMetrics:
        """AUC and average precision of :attr:`part`, and what they rest on."""
        named: dict[str, Any] = {
            f.name: self.metrics[f"{self.part}/{f.name}"] for f in fields(LinkMetrics)
        }
        return LinkMetrics(**named)

    @property
    def seeds(self) -> tuple[int, int]:
        """Seed of the method and seed of the split."""
        return int(self.identity["seed"]), int(self.identity["split.seed"])


def about(run: Run, error: Exception) -> str:
    """What is wrong with ``run``, with its path once: errors of its files begin with it."""
    text = str(error)
    return text if text.startswith(str(run.path)) else f"{run.path}: {text}"


@dataclass(frozen=True)
class Found:
    """Runs on disk: one that is damaged does not hide the others.

    Attributes:
        runs: those to work with.
        damaged: what is wrong with each of the others, in a line with its file and the remedy.
    """

    runs: list[Run]
    damaged: list[str] = field(default_factory=list)

    def intact(self, *reads: Callable[[Path], object]) -> "Found":
        """Leave out runs of which one of ``reads``, called with the folder, cannot read a file."""
        runs, damaged = [], [*self.damaged]
        for run in self.runs:
            try:
                for read in reads:
                    read(run.path)
                runs.append(run)
            except InputError as error:
                damaged.append(about(run, error))
        return Found(runs, damaged)

    def require_whole(self, where: str) -> None:
        """Fail once the work on the others is done, so that nobody takes a part for the whole.

        Raises:
            InputError: if a run was left out.
        """
        if self.damaged:
            raise InputError(
                f"{where}: {len(self.damaged)} damaged runs were left out, the first: "
                f"{self.damaged[0]}"
            )


def tell(errors: Iterable[str]) -> None:
    """Print each line once on stderr."""
    for line in dict.fromkeys(errors):
        print(f"error: {line}", file=sys.stderr)


def find_runs(folder: Path) -> Found:
    """Complete runs in ``folder`` and below, sorted by path; those that are damaged are named.

    Raises:
        InputError: if the folder does not exist.
    """
    if not folder.is_dir():
        raise InputError(f"runs={folder}: no such folder; give a run folder or a folder of runs")
    runs, damaged = [], []
    for path in sorted(path.parent for path in folder.rglob(STATUS)):
        try:
            if (run := _read(path)) is not None:
                runs.append(run)
        except InputError as error:
            damaged.append(str(error))
    return Found(runs, damaged)


def _read(path: Path) -> Run | None:
    status = read_status(path)
    if status["state"] != "complete":
        return None
    with named(path / STATUS):
        check_value(status.get("identity"), artifact_schema.IDENTITY, "identity")
    metrics = load_json(path / METRICS, artifact_schema.METRICS)
    method, identity = metrics.pop("method"), flatten(status["identity"])
    benchmark, sums = status.get("benchmark") or {}, status.get("sha256", {})
    run = Run(path, method, identity, metrics, benchmark, sums)
    with named(path / METRICS):
        check_value(metrics, artifact_schema.reported(run.part))
        found = metrics.get("latent_dim", run.latent_dim)
        if run.latent_dim is not None and found != run.latent_dim:
            raise InputError(f"latent_dim is {found}, in {STATUS} {run.latent_dim}")
    return run


def flatten(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries as one, with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def labels(runs: Sequence[Run], ignore: Set[str] = frozenset()) -> list[str]:
    """Name of each run's method, with the options in which runs of the same method differ.

    Args:
        runs: the runs.
        ignore: options that are told apart elsewhere.
    """
    by_method: dict[str, list[Run]] = {}
    for run in runs:
        by_method.setdefault(_name(run), []).append(run)
    differing = {name: _differing(group, ignore) for name, group in by_method.items()}
    return [_label(run, differing[_name(run)]) for run in runs]


def _name(run: Run) -> str:
    """The method; a variant of it is told by its own name, not by the options that it sets."""
    return run.method if run.variant is None else f"{run.method}, {run.variant}"


def _differing(runs: Iterable[Run], ignore: Set[str]) -> list[str]:
    values: dict[str, set[str]] = {}
    runs = list(runs)
    for key in {key for run in runs for key in run.identity} - _SWEPT - ignore:
        values[key] = {str(run.identity.get(key)) for run in runs}
    return sorted(key for key, found in values.items() if len(found) > 1)


def _label(run: Run, keys: Sequence[str]) -> str:
    if not keys:
        return _name(run)
    return f"{_name(run)} ({', '.join(f'{key}={run.identity.get(key)}' for key in keys)})"


def summarise(runs: Sequence[Run]) -> pd.DataFrame:
    """Mean and standard deviation over seeds, one row a method and latent dimension.

    Args:
        runs: runs that are scored on one part, all ``test``, all ``train`` or all ``val``.

    Returns:
        Columns ``model, latent_dim, seeds, test/auc_mean, test/auc_sd, test/ap_mean, test/ap_sd,
        seconds_mean, test/links_min, test/negatives_min, test/tied_max`` (``train_...`` where
        nothing was held out, ``val_...`` without a test); standard deviations are sample ones, NaN
        for a single seed. The last three are the fewest links and unconnected pairs that a run was
        scored on, and the largest share of ties between the two: 1 for constant scores.
    """
    (part,) = {run.part for run in runs}
    frame = pd.DataFrame(
        {
            "model": labels(runs),
            "latent_dim": pd.array([run.latent_dim for run in runs], dtype="Int64"),
            "seed": [run.seeds for run in runs],
            "auc": [run.link_metrics.auc for run in runs],
            "ap": [run.link_metrics.ap for run in runs],
            "seconds": [run.metrics["seconds"] for run in runs],
            "links": [run.link_metrics.links for run in runs],
            "negatives": [run.link_metrics.negatives for run in runs],
            "tied": [run.link_metrics.tied for run in runs],
        }
    )
    figures = {
        f"{part}/{metric}_{name}": (metric, how)
        for metric in ("auc", "ap")
        for name, how in (("mean", "mean"), ("sd", "std"))
    }
    rests_on = {
        f"{part}/{name}_{how}": (name, how)
        for name, how in (("links", "min"), ("negatives", "min"), ("tied", "max"))
    }
    groups = frame.groupby(["model", "latent_dim"], as_index=False, dropna=False)
    aggregated: pd.DataFrame = groups.agg(
        seeds=("seed", "nunique"), **figures, seconds_mean=("seconds", "mean"), **rests_on
    )
    return aggregated
