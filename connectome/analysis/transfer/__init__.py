"""What a model that was trained on one brain says of another."""

from connectome.analysis.transfer.links import (
    Brain,
    Placed,
    share_seen,
)
from connectome.analysis.transfer.report import (
    print_transfer,
    report_transfer,
)

__all__ = [
    "Brain",
    "Placed",
    "print_transfer",
    "report_transfer",
    "share_seen",
]
