"""Spectral embedding of a graph that does not fit into memory, from a file of edges."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from connectome.models import VARIANTS, MappedGraph, fit_spectral
from connectome.types import InputError

BATCH = 2**20  # edges read at a time
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

    def num_neurons(self) -> int:
        """The largest position, and one."""
        return max((int(batch.max()) + 1 for batch in self if batch.size), default=0)

    def _open(self) -> np.ndarray:
        try:
            return np.load(self.path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"{self.path}: no array file of edges ({reason})") from error


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
    """Embed the graph of ``edges`` and write everything below ``out``.

    ``graph/`` holds the sorted graph, ``source.npy`` and ``target.npy`` the factors ``[N, d]``
    float32 (equal up to the sign of columns where undirected), ``spectrum.json`` what is returned.

    Args:
        edges: ``.npy`` file of integers ``[2, M]``, positions from 0.
        out: folder, made if absent.
        latent_dim: ``d``.
        variant: one of :data:`connectome.models.VARIANTS`.
        directed: False reads every edge both ways; ``laplacian`` knows no directions.
        num_neurons: ``N``; the largest position and one if None.
        solver: one of :data:`connectome.models.SOLVERS`.
        max_memory: bytes for edges at any time. Vectors come on top: ``randomized`` keeps
            ``[N, 12 (d + 8)]`` float64, the others less.

    Returns:
        Counts, the solver, its residual, and the eigenvalues or singular values in magnitude.

    Raises:
        InputError: for a bad file or option, or if the solver did not converge.
    """
    if variant not in VARIANTS:
        raise InputError(f"variant={variant}: choose one of {', '.join(VARIANTS)}")
    if directed and variant == "laplacian":
        raise InputError("variant=laplacian: knows no directions; leave --directed out")
    file = EdgeFile(edges)
    count = file.num_neurons() if num_neurons is None else num_neurons
    graph = MappedGraph.write(out / GRAPH, file, count, directed, max_memory)
    inside = graph.largest() if variant == "laplacian" else None
    fit = fit_spectral(variant, graph, latent_dim, directed, solver, inside=inside)
    np.save(out / SOURCE, fit.source.astype(np.float32))
    np.save(out / TARGET, fit.target.astype(np.float32))
    report: dict[str, object] = {
        "variant": variant,
        "directed": directed,
        "neurons": count,
        "edges": graph.num_edges,
        "neurons_outside_component": 0 if inside is None else count - len(inside),
        "solver": fit.solver,
        "residual": fit.residual,
    }
    if variant != "laplacian":
        report["values"] = (fit.source**2).sum(axis=0).tolist()
    (out / REPORT).write_text(json.dumps(report, indent=2) + "\n")
    return report
