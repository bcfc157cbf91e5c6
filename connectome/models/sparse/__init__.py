"""Sparse products that a graph needs, and walks on it."""

from connectome.models.sparse.csr_rows import LinkRows
from connectome.models.sparse.degrees import partner_counts, synapse_totals
from connectome.models.sparse.membership import entries_at, one_hot
from connectome.models.sparse.operators import (
    SparseOperator,
    csr_matrix,
    csr_product,
    csr_tensor,
    directed_operators,
    gcn_operator,
)
from connectome.models.sparse.random_walks import (
    contexts,
    random_walks,
)
from connectome.models.sparse.role_features import role_features, spread_degrees, standardised
from connectome.models.sparse.row_parts import by_rows

__all__ = [
    "LinkRows",
    "SparseOperator",
    "by_rows",
    "contexts",
    "csr_matrix",
    "csr_product",
    "csr_tensor",
    "directed_operators",
    "entries_at",
    "gcn_operator",
    "one_hot",
    "partner_counts",
    "random_walks",
    "role_features",
    "spread_degrees",
    "standardised",
    "synapse_totals",
]
