"""Encoders, decoders, autoencoders and spectral embeddings: mathematics without a trainer."""
