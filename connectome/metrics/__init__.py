"""Pure functions from scores to figures of merit."""

from connectome.metrics.links import LinkMetrics, link_metrics

__all__ = ["LinkMetrics", "link_metrics"]
