"""Spectral embedding of a graph that does not fit into memory, from a file of edges."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from connectome.models.spectral import CONNECTED, VARIANTS, MappedGraph, choose_solver, fit_spectral
from connectome.runs import save_json
from connectome.runtime import into_place, naming
from connectome.types import InputError

BATCH = 2**20  # edges read at a time
MOST_NEURONS = 2**31  # positions on disk have 4 bytes
GRAPH, SOURCE, TARGET, REPORT = "graph", "source.npy", "target.npy", "spectrum.json"


@dataclass(frozen=True)
class EdgeFile:
    """Edges ``[2, M]`` of an ``.npy`` file, batch by batch, as often as they are asked for.

    Raises:
        InputError: if the file is missing, no array file, or holds no integers ``[2, M]``.
    """

    path: Path

    def __post_init__(self) -> None:
        edges = self._open()
        if edges.ndim != 2 or edges.shape[0] != 2 or edges.dtype.kind not in "iu":
            raise InputError(
                f"{self.path}: {edges.dtype} of shape {edges.shape}; give integers [2, M], "
                "row 0 presynaptic and row 1 postsynaptic positions"
            )

    def __iter__(self) -> Iterator[np.ndarray]:
        count = self._open().shape[1]
        for begin in range(0, count, BATCH):  # opened anew, so that pages already read are freed
            yield np.array(self._open()[:, begin : begin + BATCH])

    def num_neurons(self, given: int | None = None) -> int:
        """``given``, or the largest position and one, after a look at all edges.

        Raises:
            InputError: if there are no edges, or a position is negative, too large or no position.
        """
        ranges = [(int(batch.min()), int(batch.max())) for batch in self if batch.size]
        if not ranges:
            raise InputError(f"{self.path}: no edges; give at least one")
        least, most = min(low for low, _ in ranges), max(high for _, high in ranges)
        if least < 0:
            raise InputError(f"{self.path}: position {least}; positions count from 0")
        if most >= MOST_NEURONS:
            raise InputError(
                f"{self.path}: position {most}; give positions from 0 instead of neuron ids, as "
                "numpy.unique(ids, return_inverse=True) makes them"
            )
        if given is not None and most >= given:
            raise InputError(
                f"{self.path}: position {most}, but {given} neurons (--neurons); give {most + 1} "
                "or more"
            )
        return most + 1 if given is None else given

    def _open(self) -> np.ndarray:
        try:
            return np.load(self.path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not in numpy's format"
            raise InputError(
                f"{self.path}: no array file of edges ({reason}); write one with numpy.save"
            ) from error


def embed_edge_file(
    edges: Path,
    out: Path,
    latent_dim: int,
    variant: str = "ase",
    directed: bool = False,
    num_neurons: int | None = None,
    solver: str = "auto",
    max_memory: int = 256 * 2**20,
) -> dict[str, object]:
    """Embed the graph of ``edges`` and write everything below ``out``, or nothing at all.

    ``graph/`` holds the sorted graph, ``source.npy`` and ``target.npy`` the factors ``[N, d]``
    float32 (equal up to the sign of columns where undirected), ``spectrum.json`` what is returned.

    Args:
        edges: ``.npy`` file of integers ``[2, M]``, positions from 0.
        out: folder to make; it must not exist, or be empty.
        latent_dim: ``d``.
        variant: one of :data:`connectome.models.spectral.embeddings.VARIANTS`.
        directed: False reads every edge both ways; ``laplacian`` and ``diffusion`` know no
            directions.
        num_neurons: ``N``; the largest position and one if None.
        solver: one of :data:`connectome.models.spectral.eigensolvers.SOLVERS`.
        max_memory: bytes for edges at any time. Vectors come on top: ``randomized`` keeps
            ``[N, 12 (d + 8)]`` float64, the others less.

    Returns:
        Counts, the solver, its residual, how many dimensions are not zero, and the eigenvalues or
        singular values in magnitude.

    Raises:
        InputError: for a bad file or option, for a folder that is in use, or if the solver did not
            converge.
    """
    if variant not in VARIANTS:
        raise InputError(f"variant={variant}: choose one of {', '.join(VARIANTS)}")
    if directed and variant in CONNECTED:
        raise InputError(f"variant={variant}: knows no directions; leave --directed out")
    choose_solver(solver)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: is in use; give a new folder, or remove it first")
    file = EdgeFile(edges)
    count = file.num_neurons(num_neurons)
    if not 1 <= latent_dim < count:
        raise InputError(f"latent_dim={latent_dim} (--dim): choose 1 to {count - 1}, by neurons")
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = f"{out.name}-unfinished-"
    with naming(out), tempfile.TemporaryDirectory(dir=out.parent, prefix=unfinished) as scratch:
        work = Path(scratch) / out.name  # unlike the scratch folder, others may read it
        graph = MappedGraph.write(work / GRAPH, file, count, directed, max_memory)
        report = _embed(graph, work, latent_dim, variant, solver)
        work.replace(out)
    return report


def _embed(
    graph: MappedGraph, folder: Path, latent_dim: int, variant: str, solver: str
) -> dict[str, object]:
    """Factors and report, written to ``folder``."""
    inside = graph.largest() if variant in CONNECTED else None
    fit = fit_spectral(variant, graph, latent_dim, graph.directed, solver, inside=inside)
    for name, factors in ((SOURCE, fit.source), (TARGET, fit.target)):
        with into_place(folder / name) as beside, beside.open("wb") as file:
            np.save(file, factors.astype(np.float32))
    report: dict[str, object] = {
        "variant": variant,
        "directed": graph.directed,
        "neurons": graph.shape[0],
        "edges": graph.num_edges,
        "neurons_outside_component": 0 if inside is None else graph.shape[0] - len(inside),
        "solver": fit.solver,
        "residual": fit.residual,
        "rank": fit.rank,
    }
    if variant not in CONNECTED:
        report["values"] = (fit.source**2).sum(axis=0).tolist()
    save_json(folder / REPORT, report)
    return report
