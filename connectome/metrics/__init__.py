"""Pure functions from scores to figures of merit."""
