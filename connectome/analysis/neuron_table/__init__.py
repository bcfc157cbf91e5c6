"""One table at the end: everything that is known of each neuron, as CSV and as a workbook."""

from connectome.analysis.neuron_table.columns import columns_of, of_one_type
from connectome.analysis.neuron_table.excel import without_controls, write_excel
from connectome.analysis.neuron_table.files import save_neuron_table
from connectome.analysis.neuron_table.table import (
    NEIGHBOURS,
    TableParts,
    neuron_table,
)

__all__ = [
    "NEIGHBOURS",
    "TableParts",
    "columns_of",
    "neuron_table",
    "of_one_type",
    "save_neuron_table",
    "without_controls",
    "write_excel",
]
