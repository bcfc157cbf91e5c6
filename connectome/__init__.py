"""Low-dimensional embeddings of the neurons of a connectome, compared honestly."""
