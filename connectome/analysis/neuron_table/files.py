"""The table of neurons on disk."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from connectome.analysis.neuron_table.excel import write_excel
from connectome.analysis.neuron_table.table import NOTES, TableParts, neuron_table
from connectome.data.tabular import csv_text
from connectome.runtime import save_text
from connectome.types import InputError

NAME = "neurons"


@dataclass(frozen=True, eq=False)
class SavedTable:
    """A table of neurons that was written.

    Attributes:
        table: columns as :func:`connectome.analysis.neuron_table.table.neuron_table`.
        files: the CSV file and, if it has room, the workbook.
        notes: what is not as in the data, a line each, for the user.
    """

    table: pd.DataFrame
    files: tuple[Path, ...]
    notes: tuple[str, ...]


def save_neuron_table(folder: Path, parts: TableParts) -> SavedTable:
    """Write ``neurons.csv`` and ``neurons.xlsx`` into ``folder``, each whole or not at all.

    Text that a spreadsheet would run has an apostrophe in front in the CSV file (see
    :mod:`connectome.data.tabular.spreadsheets`) and is text in the workbook. Where a sheet has no
    room for so many neurons there is no workbook, and a note says so.

    Args:
        folder: where they go.
        parts: what is known of the neurons.

    Raises:
        InputError: if two annotations have one name.
    """
    table = neuron_table(parts)
    comma, book = folder / f"{NAME}.csv", folder / f"{NAME}.xlsx"
    notes = list(table.attrs[NOTES])
    save_text(comma, csv_text(table))
    book.unlink(missing_ok=True)  # that of an earlier table must not stay beside this one
    try:
        notes += write_excel(book, table)
    except InputError as error:
        return SavedTable(table, (comma,), (*notes, f"not written: {error}"))
    return SavedTable(table, (comma, book), tuple(notes))
