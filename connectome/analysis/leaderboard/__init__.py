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
    write_report,
)
from connectome.analysis.leaderboard.to_wandb import (
    Place,
    send,
)
from connectome.analysis.leaderboard.workspace import workspace

__all__ = [
    "Jobs",
    "Place",
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
    "workspace",
    "write_report",
]
