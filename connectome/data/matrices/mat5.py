"""MATLAB files of version 5 (``save -v6`` and ``-v7``), of which matrices and text are read.

https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf describes them. scipy's reader ends
the whole program on some damaged files; here each length is checked before it is used.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse

HEADER = 128
NUMBERS = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
TEXTS = {16: "utf-8", 17: "utf-16", 18: "utf-32"}
MATRIX, COMPRESSED = 14, 15
CELL, CHAR, SPARSE = 1, 4, 5
CLASSES = {
    6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8",
}  # fmt: skip
COMPLEX, LOGICAL, CLASS = 0x800, 0x200, 0xFF  # the values of a sparse logical are mislabelled
MOST_BYTES = 1 << 36  # of an unpacked variable


@dataclass(frozen=True)
class Element:
    """A piece of a file: its type and its bytes, in the byte order of the file."""

    kind: int
    data: memoryview
    order: str

    def numbers(self) -> np.ndarray:
        """``[K]`` numbers.

        Raises:
            ValueError: if it holds none.
        """
        if self.kind not in NUMBERS:
            raise ValueError(f"type {self.kind} where numbers must be")
        return np.frombuffer(self.data, dtype=self.order + NUMBERS[self.kind])

    def text(self) -> str:
        """Letters, one a number or encoded."""
        if self.kind in TEXTS:
            end = {"utf-8": "", "utf-16": "-le", "utf-32": "-le"}[TEXTS[self.kind]]
            end = end.replace("le", "be") if self.order == ">" else end
            return bytes(self.data).decode(TEXTS[self.kind] + end)
        return "".join(map(chr, self.numbers().tolist()))


def read_variables(content: bytes) -> dict[str, Any]:
    """Variables of a file by name: arrays, sparse matrices, lists of text, None for all else.

    A matrix of characters and a cell array of text are ``[K]`` arrays of text.

    Raises:
        ValueError: if it is no such file, or damaged.
    """
    if len(content) < HEADER or content[126:128] not in (b"IM", b"MI"):
        raise ValueError("no MATLAB file of version 5 to 7; save it with -v7")
    order = "<" if content[126:128] == b"IM" else ">"
    found = {}
    for element in _elements(memoryview(content)[HEADER:], order):
        if element.kind == COMPRESSED:
            unpacker = zlib.decompressobj()
            data = unpacker.decompress(element.data, MOST_BYTES)
            if not unpacker.eof:
                raise ValueError("a variable is cut off")
            (element,) = _elements(memoryview(data), order)
        name, value = _variable(element)
        if name:
            found[name] = value
    return found


def _elements(data: memoryview, order: str) -> Iterator[Element]:
    """The elements that follow each other in ``data``."""
    place = 0
    while place < len(data):
        if place + 8 > len(data):
            raise ValueError("it ends within an element")
        kind, size = struct.unpack_from(f"{order}II", data, place)
        start, step = place + 8, 8 + size + (-size % 8 if kind != COMPRESSED else 0)
        if kind >> 16:  # a small one: both in four bytes, and up to four of data
            kind, size, start, step = kind & 0xFFFF, kind >> 16, place + 4, 8
        if start + size > len(data) or (start == place + 4 and size > 4):
            raise ValueError("an element is longer than what holds it")
        yield Element(kind, data[start : start + size], order)
        place += step


def _variable(element: Element) -> tuple[str, Any]:
    if element.kind != MATRIX:
        raise ValueError(f"type {element.kind} where a variable must be")
    if not len(element.data):
        return "", np.empty((0, 0))  # an empty cell
    flags, dims, name, *parts = _elements(element.data, element.order)
    bits, shape = int(flags.numbers()[0]), tuple(dims.numbers().tolist())
    if min(shape, default=-1) < 0:
        raise ValueError("a dimension is negative")
    return name.text(), _value(bits, shape, parts)


def _value(bits: int, shape: tuple[int, ...], parts: list[Element]) -> Any:
    kind = bits & CLASS
    if bits & COMPLEX:
        return None
    if kind in CLASSES:
        return _full(parts[0].numbers(), shape).astype(CLASSES[kind])
    if kind == SPARSE:
        rows, starts = parts[0].numbers(), parts[1].numbers()
        values = np.ones(len(rows)) if bits & LOGICAL else parts[2].numbers()
        return _sparse(rows, starts, values, shape)
    if kind == CHAR:
        return _lines(parts[0].text() if parts else "", shape)
    if kind == CELL:
        return _texts([_variable(part)[1] for part in parts])
    return None


def _full(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return values.reshape(shape, order="F")


def _sparse(
    rows: np.ndarray, starts: np.ndarray, values: np.ndarray, shape: tuple[int, ...]
) -> scipy.sparse.csc_array:
    """``[rows, columns]``; room that MATLAB keeps free is left out."""
    used = int(starts[-1])
    if not 0 <= used <= min(len(rows), len(values)):
        raise ValueError("a sparse matrix has fewer cells than it says")
    arrays = (values[:used].astype(float), rows[:used].astype(np.int64), starts.astype(np.int64))
    matrix = scipy.sparse.csc_array(arrays, shape=shape)
    matrix.check_format(full_check=True)
    return matrix


def _lines(text: str, shape: tuple[int, ...]) -> np.ndarray:
    """``[rows]`` text of a matrix of characters, which lists column after column."""
    if len(shape) != 2 or len(text) != shape[0] * shape[1]:
        raise ValueError("text of another length than it says")
    return np.array([text[row :: shape[0]] for row in range(shape[0])], dtype=np.str_)


def _texts(cells: list[Any]) -> np.ndarray | None:
    """``[K]`` text of cells that hold a line each, None if one holds something else."""
    lines = []
    for cell in cells:
        empty = isinstance(cell, np.ndarray) and cell.size == 0
        if not empty and not (isinstance(cell, np.ndarray) and cell.dtype.kind == "U"):
            return None
        if cell.size > 1:
            return None
        lines.append("" if empty else str(cell[0]))
    return np.array(lines, dtype=np.str_)
