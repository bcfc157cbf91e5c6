"""``match``: its data are read before anything that computes is imported."""
