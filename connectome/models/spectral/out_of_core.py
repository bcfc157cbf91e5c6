"""An unweighted graph in files, larger than memory, as a linear operator.

Only vectors, ``[N, b]``, stay in memory. Edges are read in blocks of rows for every product, so
``randomized``, which multiplies many vectors at once, reads the file less often than ``lanczos``.
"""

import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator

from connectome.types import InputError, distinct

INDPTR, INDICES, RECORD = "indptr.npy", "indices.npy", "graph.json"
FIELDS = ("directed", "num_nodes", "num_edges", "crc32")
FORMAT = "connectome-mapped-graph-1"
MAX_MEMORY = 256 * 2**20  # bytes
EDGE_BYTES = 64  # of an edge while it is sorted, multiplied or joined to a component


class MappedGraph(LinearOperator):
    """The adjacency ``[N, N]`` of a graph whose edges stay on disk; made by :meth:`open`.

    Use it wherever scipy takes a ``LinearOperator``. ``A @ X`` and ``A.T @ X`` read all edges once.

    Attributes:
        path: folder of ``indptr.npy`` (``[N + 1]`` int64), ``indices.npy`` (``[M]`` int32, sorted
            in each row) and ``graph.json``.
        directed: False where every edge was written both ways.
        indptr: ``[N + 1]``, in memory.
        blocks: ``[B + 1]`` rows at which a product goes on to its next block.

    Args:
        max_memory: bytes of edges that a product holds at a time.
    """

    def __init__(self, path: Path, directed: bool, indptr: np.ndarray, max_memory: int) -> None:
        super().__init__(np.dtype(np.float64), (len(indptr) - 1, len(indptr) - 1))
        self.path, self.directed, self.indptr = path, directed, indptr
        self.blocks = row_blocks(indptr, max_memory)

    @property
    def num_edges(self) -> int:
        """Edges ``M`` on disk; twice the links of an undirected graph."""
        return int(self.indptr[-1])

    @classmethod
    def write(
        cls,
        path: Path | str,
        batches: Iterable[np.ndarray],
        num_nodes: int,
        directed: bool = True,
        max_memory: int = MAX_MEMORY,
    ) -> "MappedGraph":
        """Sort a stream of edges into ``path``, on disk, and open what was written.

        Edges are counted by row, sent to buckets of rows that fit into memory, and each bucket is
        sorted; an edge that repeats is kept once, as in
        :func:`~connectome.models.spectral.embeddings.adjacency`.

        Args:
            path: folder, made if absent. Room for another 8 bytes an edge is needed meanwhile.
            batches: of ``[2, m]`` integer edges, (pre, post); iterated twice, so no generator.
            num_nodes: ``N``.
            directed: False writes every edge both ways.
            max_memory: bytes for edges at any time, beside one batch and 16 bytes a neuron.

        Raises:
            InputError: if ``batches`` can be iterated only once, an edge is malformed or points
                outside, or one row alone does not fit into ``max_memory``.
        """
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECORD).unlink(missing_ok=True)  # a sign that all is there: written last
        if iter(batches) is batches:
            raise InputError("batches: a generator can be read only once; give a list or a class")
        counts = np.zeros(num_nodes, np.int64)
        for pre, _ in _directions(batches, num_nodes, directed):
            counts += np.bincount(pre, minlength=num_nodes)
        starts = np.concatenate([[0], np.cumsum(counts)])
        edges = row_blocks(starts, max_memory)
        with tempfile.TemporaryDirectory(dir=folder, prefix="buckets-") as scratch:
            buckets = [Path(scratch) / str(i) for i in range(len(edges) - 1)]
            for pair in _directions(batches, num_nodes, directed):
                _scatter(pair, edges, buckets)
            record = _merge(folder, buckets, edges, num_nodes)
        text = json.dumps({"format": FORMAT, "directed": directed, **record}, indent=2)
        (folder / RECORD).write_text(text + "\n")
        return cls.open(folder, max_memory)

    @classmethod
    def open(cls, path: Path | str, max_memory: int = MAX_MEMORY) -> "MappedGraph":
        """Open a folder that :meth:`write` made, after reading all of it once to check it.

        A product then holds ``max_memory`` bytes of edges at a time.

        Raises:
            InputError: if a file is missing or damaged, or the files do not belong together.
        """
        folder = Path(path)
        try:
            record = {"format": None} | json.loads((folder / RECORD).read_text())
            indptr = np.load(folder / INDPTR, allow_pickle=False)
            indices = np.load(folder / INDICES, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError, TypeError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"{folder}: no complete mapped graph ({reason}); write it") from error
        if record["format"] != FORMAT or not {*FIELDS} <= {*record}:
            raise InputError(f"{folder / RECORD}: not of format {FORMAT}; write the graph again")
        whole = (
            (indptr.dtype, indices.dtype) == (np.int64, np.int32)
            and indptr.shape == (record["num_nodes"] + 1,)
            and indices.shape == (record["num_edges"],)
            and (indptr[0], indptr[-1]) == (0, len(indices))
            and bool((np.diff(indptr) >= 0).all())
        )
        del indices
        if not whole:
            raise InputError(f"{folder}: indptr, indices and record do not match; write it again")
        graph = cls(folder, bool(record["directed"]), indptr, max_memory)
        graph._check(record["crc32"])
        return graph

    def row_block(self, index: int) -> sp.csr_array:
        """Block ``index`` of rows, ``[n, N]``; its memory is free when it is dropped."""
        first, last = self.blocks[index : index + 2]
        begin, end = self.indptr[first], self.indptr[last]
        indices = _read(self.path / INDICES, int(begin), int(end))
        starts = (self.indptr[first : last + 1] - begin).astype(np.int32)
        block = (np.ones(len(indices)), indices, starts)
        return sp.csr_array(block, shape=(int(last - first), self.shape[1]))

    def components(self) -> np.ndarray:
        """``[N]``, the number of each neuron's connected component, block by block."""
        labels = np.arange(self.shape[0])
        for index, first in enumerate(self.blocks[:-1]):
            rows = self.row_block(index).tocoo()
            ends = labels[rows.row + first], labels[rows.col]
            links = sp.coo_array((rows.data, ends), shape=self.shape)
            labels = connected_components(links, directed=False)[1][labels]
        return labels

    def largest(self) -> np.ndarray:
        """Sorted positions ``[n]`` of the neurons in the largest connected component."""
        labels = self.components()
        return np.flatnonzero(labels == np.bincount(labels).argmax())

    def _matmat(self, X: np.ndarray) -> np.ndarray:
        parts = [self.row_block(index) @ X for index in range(len(self.blocks) - 1)]
        return np.concatenate(parts)

    def _rmatmat(self, X: np.ndarray) -> np.ndarray:
        if not self.directed:
            return self._matmat(X)
        total = np.zeros((self.shape[1], X.shape[1]))
        for index, (first, last) in enumerate(zip(self.blocks, self.blocks[1:], strict=False)):
            total += self.row_block(index).T @ X[first:last]
        return total

    def _matvec(self, x: np.ndarray) -> np.ndarray:
        return self._matmat(x.reshape(-1, 1))

    def _rmatvec(self, x: np.ndarray) -> np.ndarray:
        return self._rmatmat(x.reshape(-1, 1))

    def _check(self, expected: int) -> None:
        crc, n = 0, self.shape[0]
        for first, last in zip(self.blocks, self.blocks[1:], strict=False):
            part = _read(self.path / INDICES, int(self.indptr[first]), int(self.indptr[last]))
            crc = zlib.crc32(part.data, crc)
            if len(part) and not (part.min() >= 0 and part.max() < n):
                raise InputError(f"{self.path / INDICES}: a column lies outside the {n} neurons")
        if zlib.crc32(self.indptr.data, crc) != expected:
            raise InputError(
                f"{self.path}: checksum differs, the files are damaged; write it again"
            )


def row_blocks(indptr: np.ndarray, max_memory: int) -> np.ndarray:
    """Rows ``[B + 1]`` from 0 to ``N``, between which edges fit into ``max_memory`` bytes.

    ``indptr`` ``[N + 1]`` says where the edges of each row begin.

    Raises:
        InputError: if one row alone needs more.
    """
    most = max_memory // EDGE_BYTES
    longest = int(np.diff(indptr).max(initial=0))
    if longest > most:
        raise InputError(
            f"max_memory={max_memory} bytes: a neuron with {longest} edges needs "
            f"{longest * EDGE_BYTES} ({-(-longest * EDGE_BYTES // 2**20)} MiB); give that much"
        )
    bounds = [0]
    while bounds[-1] < len(indptr) - 1:
        bounds.append(int(np.searchsorted(indptr, indptr[bounds[-1]] + most, side="right")) - 1)
    return np.array(bounds)


def _directions(
    batches: Iterable[np.ndarray], num_nodes: int, directed: bool
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Checked edges, and their reverses where both count."""
    for batch in batches:
        if batch.ndim != 2 or batch.shape[0] != 2 or batch.dtype.kind not in "iu":
            raise InputError(f"edges: {batch.dtype} of shape {batch.shape}; give integers [2, M]")
        if batch.size and (batch.min() < 0 or batch.max() >= num_nodes):
            raise InputError(f"edges: an edge points outside the {num_nodes} neurons")
        pre, post = batch
        yield pre, post
        if not directed:
            yield post, pre


def _scatter(pair: tuple[np.ndarray, np.ndarray], bounds: np.ndarray, buckets: list[Path]) -> None:
    """Append each edge to the bucket of its row."""
    rows = np.stack(pair, axis=1).astype(np.int32)
    bucket = np.searchsorted(bounds, rows[:, 0], side="right") - 1
    order = np.argsort(bucket, kind="stable")
    ends = np.searchsorted(bucket[order], np.arange(len(buckets) + 1))
    for path, begin, end in zip(buckets, ends, ends[1:], strict=False):
        if end > begin:
            with path.open("ab") as file:
                rows[order[begin:end]].tofile(file)


def _merge(folder: Path, buckets: list[Path], bounds: np.ndarray, num_nodes: int) -> dict[str, int]:
    """Sort each bucket behind the one before it, drop repeats, and write both arrays."""
    degree = np.zeros(num_nodes, np.int64)
    total, crc = 0, 0
    with (folder / INDICES).open("wb") as file:
        _header(file, total)
        for bucket, first, last in zip(buckets, bounds, bounds[1:], strict=False):
            if not bucket.is_file():
                continue
            pre, post = np.fromfile(bucket, np.int32).reshape(-1, 2).T
            keys = distinct((pre - first).astype(np.int64) * num_nodes + post)
            degree[first:last] = np.bincount(keys // num_nodes, minlength=last - first)
            columns = (keys % num_nodes).astype(np.int32)
            columns.tofile(file)
            total, crc = total + len(columns), zlib.crc32(columns.data, crc)
            bucket.unlink()
        file.seek(0)
        _header(file, total)  # numpy pads it, so that a longer shape takes the same room
    indptr = np.concatenate([[0], np.cumsum(degree)]).astype(np.int64)
    np.save(folder / INDPTR, indptr)
    return {"num_nodes": num_nodes, "num_edges": total, "crc32": zlib.crc32(indptr.data, crc)}


def _header(file: BinaryIO, count: int) -> None:
    header = {"descr": "<i4", "fortran_order": False, "shape": (count,)}
    np.lib.format.write_array_header_1_0(file, header)


def _read(path: Path, begin: int, end: int) -> np.ndarray:
    """A copy of part of an array file: the map goes, and with it the pages that it held."""
    return np.array(np.load(path, mmap_mode="r", allow_pickle=False)[begin:end])
