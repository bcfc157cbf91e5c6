"""Distance, product and weighted paths of length three in one logit."""

from connectome.training.modules.blend.module import BlendModule

__all__ = ["BlendModule"]
