"""The rows of an edge table, a batch at a time, so that no large table is ever held as a whole."""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from connectome.data.tabular.files import (
    BROKEN,
    MISSING,
    SEPARATORS,
    broken,
    file_format,
    separator,
    text_header,
)
from connectome.data.tabular.spreadsheets import UNGUARDED, without_guards
from connectome.types import InputError

log = logging.getLogger(__name__)

BATCH_ROWS = 1 << 20
TEXT_BLOCK = 1 << 24  # bytes of a text table that are parsed at a time


@dataclass(frozen=True, eq=False)
class EdgeBatch:
    """Some rows of an edge table.

    Attributes:
        pre, post: ``[B]`` ids, of any type.
        synapses: ``[B]`` counts, or None where each row is one synapse.
    """

    pre: pa.Array
    post: pa.Array
    synapses: pa.Array | None

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "EdgeBatch":
        """From columns ``pre``, ``post`` and ``synapses``."""
        return cls(*(pa.array(frame[name]) for name in ("pre", "post", "synapses")))

    def filter(self, rows: np.ndarray) -> "EdgeBatch":
        """The rows where ``rows`` ``[B]`` is True."""
        mask = pa.array(rows)
        counts = None if self.synapses is None else self.synapses.filter(mask)
        return EdgeBatch(self.pre.filter(mask), self.post.filter(mask), counts)


def edge_batches(
    path: Path, pre: str, post: str, synapses: str | None, header: Sequence[str] = ()
) -> Iterator[EdgeBatch]:
    """Rows of a CSV, TSV, Parquet or Feather file, of which only these columns are read.

    Ids of text tables are text, so that none loses a digit or a leading zero.

    Args:
        path: the file; the columns must exist.
        pre, post: columns with the ids.
        synapses: column with the counts, or None.
        header: names of the columns of a text table whose first line has none.

    Raises:
        InputError: for a broken file, and text counts that are no numbers.
    """
    columns = [pre, post] + ([] if synapses is None else [synapses])
    suffix = file_format(path)
    try:
        if suffix in SEPARATORS:
            batches = _text(path, separator(path), columns, header)
        elif suffix == ".parquet":
            # Without checksums, a flipped bit is another id or count and nobody can tell.
            file = pyarrow.parquet.ParquetFile(path, page_checksum_verification=True)
            batches = file.iter_batches(BATCH_ROWS, columns=columns)
        else:
            batches = _feather(path, columns)
        for batch in batches:
            batch.validate(full=True)  # Arrow trusts offsets and codes, and a wrong one kills us
            counts = None if synapses is None else batch.column(synapses)
            if counts is not None and suffix in SEPARATORS:
                counts = _numbers(path, counts)
            yield EdgeBatch(batch.column(pre), batch.column(post), counts)
    except InputError:
        raise
    except BROKEN as error:
        raise broken(path, error) from error


def _text(
    path: Path, separator: str, columns: list[str], given: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    compression = "gzip" if path.suffix == ".gz" else None
    header = given or text_header(path)
    names = None if header[0] else [name or f"Unnamed: {k}" for k, name in enumerate(header)]
    with (
        pa.input_stream(str(path), compression=compression) as source,
        pyarrow.csv.open_csv(
            source,
            read_options=pyarrow.csv.ReadOptions(
                block_size=TEXT_BLOCK,
                column_names=[*given] or names,
                skip_rows=1 if names and not given else 0,
            ),
            parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string())
            ),
        ) as reader,
    ):
        told = False
        for batch in reader:
            plain = without_guards(batch)
            if plain is not batch and not told:
                log.warning(UNGUARDED, path)
                told = True
            yield plain


def _feather(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path)) as source:
        names = pa.ipc.open_file(source).schema.names
        wanted = pa.ipc.IpcReadOptions(included_fields=[names.index(name) for name in columns])
        reader = pa.ipc.open_file(source, options=wanted)
        for index in range(reader.num_record_batches):
            batch = reader.get_batch(index)
            for start in range(0, len(batch), BATCH_ROWS):
                yield batch.slice(start, BATCH_ROWS)


def _numbers(path: Path, text: pa.Array) -> pa.Array:
    """Counts of a text table as int64 if they all are, else float64 with NaN where missing."""
    text = pc.utf8_trim_whitespace(text)
    absent = pc.is_in(text, pa.array(MISSING))
    try:
        if not pc.any(absent).as_py():
            return text.cast(pa.int64())
    except pa.ArrowInvalid:
        pass  # fractions, or no numbers at all
    try:
        return pc.if_else(absent, np.nan, pc.if_else(absent, "0", text).cast(pa.float64()))
    except pa.ArrowInvalid as error:
        known = pc.if_else(absent, "0", text)
        odd = next(value for value in known.to_pylist() if not _is_number(value))
        raise not_numbers(path, odd) from error


def not_numbers(path: Path, odd: object) -> InputError:
    """What to tell of a column of counts that holds ``odd``."""
    comma = isinstance(odd, str) and re.fullmatch(r"\s*\d+,\d+\s*", odd)
    correct = "write them with a point" if comma else "correct them"
    return InputError(
        f"{path}: synapse counts such as {odd!r} are not numbers; {correct}, or name the "
        "column that holds counts"
    )


def _is_number(value: str) -> bool:
    try:
        pa.scalar(value).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True
