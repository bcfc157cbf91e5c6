"""Connectomes of which everything is known, drawn from a block model."""
