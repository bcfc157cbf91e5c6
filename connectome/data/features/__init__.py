"""Node features, in groups."""

from connectome.data.features.groups import (
    FROM_EDGES,
    check_groups,
    feature_fingerprint,
    with_features,
)
from connectome.data.features.structural import structural_profile

__all__ = [
    "FROM_EDGES",
    "check_groups",
    "feature_fingerprint",
    "structural_profile",
    "with_features",
]
