"""Embeddings without training steps: ours and those of other packages.

Each imports its package when it is made, so that an interpreter has to have that one only.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from contract import Arrays, Factors, Options


class Once:
    """A method without steps: ``run(k)`` makes the embedding ``k`` times."""

    def __init__(self, make: Callable[[], Factors]) -> None:
        self.make = make

    def run(self, steps: int) -> None:
        """Embeddings."""
        for _ in range(steps):
            self.made = self.make()

    def factors(self) -> Factors:
        """The last embedding."""
        return self.made


def spectral(variant: str) -> Callable[[Arrays, Options], Once]:
    """Ours: ``ase`` or ``laplacian``."""

    def make(arrays: Arrays, options: Options) -> Once:
        from connectome.models import spectral as ours

        matrix = ours.adjacency(arrays["edges"], len(arrays["neuron_ids"]), directed=False)

        def embed() -> Factors:
            if variant == "laplacian":
                latent = ours.laplacian_eigenmaps(matrix, options.latent_dim)
                return latent, latent, "distance"
            factors = ours.adjacency_spectral_embedding(matrix, options.latent_dim, False)
            return *factors, "inner_product"

        return Once(embed)

    return make


def scikit_learn(arrays: Arrays, options: Options) -> Once:
    """``SpectralEmbedding`` of the adjacency, otherwise by default; scored by distance."""
    from sklearn.manifold import SpectralEmbedding

    matrix = _matrix(arrays)

    def embed() -> Factors:
        method = SpectralEmbedding(
            options.latent_dim,
            affinity="precomputed",
            random_state=0,
            eigen_solver=options.solver,
        )
        latent = method.fit_transform(matrix)
        return latent, latent, "distance"

    return Once(embed)


def graspologic(arrays: Arrays, options: Options) -> Once:
    """``AdjacencySpectralEmbed``; its symmetric factors forget the signs of the eigenvalues."""
    from graspologic.embed import AdjacencySpectralEmbed

    matrix = _matrix(arrays)

    def embed() -> Factors:
        method = AdjacencySpectralEmbed(options.latent_dim, diag_aug=False, svd_seed=0)
        latent = method.fit_transform(matrix)
        return latent, latent, "inner_product"

    return Once(embed)


def node2vec(arrays: Arrays, options: Options) -> Once:
    """The ``node2vec`` package: 10 walks of 20 neurons from each, window 5, one epoch."""
    import networkx
    from node2vec import Node2Vec

    number = len(arrays["neuron_ids"])
    graph = networkx.Graph()
    graph.add_nodes_from(range(number))
    graph.add_edges_from(arrays["train"].T.tolist())

    def embed() -> Factors:
        walks = Node2Vec(
            graph, options.latent_dim, walk_length=20, num_walks=10, quiet=True, seed=options.seed
        )
        model = walks.fit(window=5, min_count=0, seed=options.seed)
        latent = np.stack([model.wv[str(node)] for node in range(number)])
        return latent, latent, "inner_product"

    return Once(embed)


def _matrix(arrays: Arrays) -> Any:
    """Symmetric adjacency without weights."""
    from scipy.sparse import csr_array

    number, edges = len(arrays["neuron_ids"]), arrays["edges"].astype(np.int32)
    return csr_array((np.ones(edges.shape[1]), tuple(edges)), shape=(number, number))
