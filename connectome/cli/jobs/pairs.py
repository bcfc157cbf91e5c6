"""``data.pairs=matched`` of a command that reads data and leaves nothing on disk.

What matches is imported when it is needed: most do without.
"""

from omegaconf import DictConfig

from connectome.config import build
from connectome.data.neurons import MATCHED
from connectome.types import Connectome


def read_paired(config: DictConfig) -> Connectome:
    """The connectome in ``config.data``, of a command that leaves nothing on disk.

    Raises:
        InputError: if it cannot be read, or its sides cannot be matched.
    """
    if not wanted(config):
        brain: Connectome = build(config.data, Connectome)
        return brain
    from connectome.analysis.neuron_matching import matched_sides

    return matched_sides(without_pairs(config))


def wanted(config: DictConfig) -> bool:
    """Whether pairs are to be found."""
    return bool(config.data.get("pairs") == MATCHED)


def without_pairs(config: DictConfig) -> Connectome:
    """The connectome in ``config.data``, without pairs."""
    node = config.data.copy()
    node.pairs = None
    brain: Connectome = build(node, Connectome)
    return brain
