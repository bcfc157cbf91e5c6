"""Commands of ``python -m connectome`` that work with trained models."""
