"""Methods compared over runs: tables, figures, summaries."""

from connectome.analysis.leaderboard.hydra_callback import (
    Jobs,
    SweepSummary,
)
from connectome.analysis.leaderboard.leakage import leakage
from connectome.analysis.leaderboard.recompute import (
    Recomputed,
    as_table,
    check_tolerance,
    differing,
    from_embedding,
    score_test,
)
from connectome.analysis.leaderboard.summary import (
    print_report,
    send,
    write_report,
)

__all__ = [
    "Jobs",
    "Recomputed",
    "SweepSummary",
    "as_table",
    "check_tolerance",
    "differing",
    "from_embedding",
    "leakage",
    "print_report",
    "score_test",
    "send",
    "write_report",
]
