"""Pure functions from scores to figures of merit."""

from connectome.metrics.links import LinkMetrics, embedding_metrics, link_metrics

__all__ = ["LinkMetrics", "embedding_metrics", "link_metrics"]
