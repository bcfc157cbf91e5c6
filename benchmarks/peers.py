"""The methods that are compared, by name; each runs in a process of its own, on the same arrays."""

from collections.abc import Callable
from importlib import import_module

from contract import Arrays, Options, Peer
from embedders import als, graspologic, nmf, node2vec, scikit_learn, spectral, svd


def late(module: str, name: str) -> Callable[[Arrays, Options], Peer]:
    """A class of ``module``, imported when it is made: not every interpreter has torch."""

    def make(arrays: Arrays, options: Options) -> Peer:
        made: Peer = getattr(import_module(module), name)(arrays, options)
        return made

    return make


PEERS: dict[str, Callable[[Arrays, Options], Peer]] = {
    "ours": late("ours", "Ours"),
    "pyg": late("pyg", "PyG"),
    "pyg-cached": late("pyg", "PyGCached"),
    "dense": late("ours", "Dense"),
    "ours-ase": spectral("ase"),
    "ours-laplacian": spectral("laplacian"),
    "scikit-learn": scikit_learn,
    "graspologic": graspologic,
    "node2vec": node2vec,
    "svd": svd,
    "nmf": nmf,
    "als-links-1": als("links", 1),
    "als-links-40": als("links", 40),
    "als-synapses": als("synapses", 1),
}
NO_TORCH = (
    "graspologic", "node2vec", "svd", "nmf", "als-links-1", "als-links-40", "als-synapses"
)  # fmt: skip
