"""Tables of edges in any format, read batch by batch with exact ids."""

from connectome.data.tabular.assemble import (
    assemble,
    from_keys,
)
from connectome.data.tabular.batches import (
    EdgeBatch,
    edge_batches,
    not_numbers,
)
from connectome.data.tabular.download import (
    fetch,
    file_sha256,
)
from connectome.data.tabular.edge_sums import EdgeSums
from connectome.data.tabular.files import (
    MISSING,
    SEPARATORS,
    TABLES,
    WORKBOOK,
    column_names,
    file_format,
    read_frame,
    require_column,
    require_different,
    separator,
    table_schema,
    text_header,
)
from connectome.data.tabular.headers import (
    AUTO,
    CAVE,
    ID_COLUMNS,
    USUAL_COUNTS,
    Header,
    id_column,
    plain_name,
    recognised,
)
from connectome.data.tabular.ids import (
    ABSENT,
    DROP,
    NOBODY,
    REFUSE,
    IdRules,
    exact_ids,
    id_array,
    no_id,
    plain_ids,
    refuse_rounded,
    refuse_unseen,
    same_kind,
)
from connectome.data.tabular.integers import (
    EXACT,
    nullable,
    stacked,
    typed,
)
from connectome.data.tabular.spreadsheets import (
    csv_text,
    unguarded,
)
from connectome.data.tabular.summed import connectome_of
from connectome.data.tabular.workbooks import read_sheet, sheet_notes

__all__ = [
    "ABSENT",
    "AUTO",
    "CAVE",
    "DROP",
    "EXACT",
    "ID_COLUMNS",
    "MISSING",
    "NOBODY",
    "REFUSE",
    "SEPARATORS",
    "TABLES",
    "USUAL_COUNTS",
    "WORKBOOK",
    "EdgeBatch",
    "EdgeSums",
    "Header",
    "IdRules",
    "assemble",
    "column_names",
    "connectome_of",
    "csv_text",
    "edge_batches",
    "exact_ids",
    "fetch",
    "file_format",
    "file_sha256",
    "from_keys",
    "id_array",
    "id_column",
    "no_id",
    "not_numbers",
    "nullable",
    "plain_ids",
    "plain_name",
    "read_frame",
    "read_sheet",
    "recognised",
    "refuse_rounded",
    "refuse_unseen",
    "require_column",
    "require_different",
    "same_kind",
    "separator",
    "sheet_notes",
    "stacked",
    "table_schema",
    "text_header",
    "typed",
    "unguarded",
]
