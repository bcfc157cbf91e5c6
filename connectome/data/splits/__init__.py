"""Link-prediction splits, the negatives they compete with, and the proof that nothing leaks."""

from connectome.data.splits.audit import (
    SplitAudit,
    audit_split,
    graph_hash,
)
from connectome.data.splits.held_again import HeldAgain, hold_out_again
from connectome.data.splits.negative_regimes import (
    REGIMES,
    REGIMES_VERSION,
    EvaluationPairs,
    belongs,
    make_evaluation_pairs,
)
from connectome.data.splits.negatives import AbsentPairs
from connectome.data.splits.pair_keys import (
    distinct_pairs,
    edge_rows,
    sum_over,
)
from connectome.data.splits.protocols import (
    PROTOCOLS,
    WHOLE,
    reported_part,
)
from connectome.data.splits.split import (
    SplitConfig,
    message_graph,
    scored_parts,
    split_links,
    training_negatives,
    whole_graph,
)
from connectome.data.splits.strata import (
    STRATA,
    STRATA_VERSION,
    Stratum,
    strata,
)

__all__ = [
    "PROTOCOLS",
    "REGIMES",
    "REGIMES_VERSION",
    "STRATA",
    "STRATA_VERSION",
    "WHOLE",
    "AbsentPairs",
    "EvaluationPairs",
    "HeldAgain",
    "SplitAudit",
    "SplitConfig",
    "Stratum",
    "audit_split",
    "belongs",
    "distinct_pairs",
    "edge_rows",
    "graph_hash",
    "hold_out_again",
    "make_evaluation_pairs",
    "message_graph",
    "reported_part",
    "scored_parts",
    "split_links",
    "strata",
    "sum_over",
    "training_negatives",
    "whole_graph",
]
