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


class Anew:
    """A method of iterations that does not go on: ``run(k)`` fits ``k`` from the start."""

    def __init__(self, make: Callable[[int], Factors]) -> None:
        self.make = make

    def run(self, steps: int) -> None:
        """Iterations."""
        self.made = self.make(steps)

    def factors(self) -> Factors:
        """The last fit."""
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
        made = method.fit_transform(matrix)
        source, target = made if isinstance(made, tuple) else (made, made)  # directed or not
        return source, target, "inner_product"

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


def svd(arrays: Arrays, options: Options) -> Anew:
    """scikit-learn's randomised ``TruncatedSVD`` of the adjacency, by power iterations."""
    from sklearn.decomposition import TruncatedSVD

    matrix = _matrix(arrays)

    def embed(steps: int) -> Factors:
        method = TruncatedSVD(options.latent_dim, n_iter=steps, random_state=options.seed)
        return method.fit_transform(matrix), method.components_.T, "inner_product"

    return Anew(embed)


def nmf(arrays: Arrays, options: Options) -> Anew:
    """scikit-learn's ``NMF`` of the adjacency, otherwise by default."""
    from sklearn.decomposition import NMF

    matrix = _matrix(arrays)

    def embed(steps: int) -> Factors:
        method = NMF(options.latent_dim, max_iter=steps, random_state=options.seed)
        return method.fit_transform(matrix), method.components_.T, "inner_product"

    return Anew(embed)


def als(values: str, alpha: float) -> Callable[[Arrays, Options], Anew]:
    """Alternating least squares of ``implicit`` (Hu, Koren & Volinsky 2008), otherwise by default.

    Senders are its users and receivers its items; links weigh ``alpha``, or that times synapses.
    """

    def make(arrays: Arrays, options: Options) -> Anew:
        from implicit.cpu.als import AlternatingLeastSquares
        from scipy.sparse import csr_matrix

        matrix = csr_matrix(_matrix(arrays, arrays.get(values)), dtype=np.float32)

        def embed(steps: int) -> Factors:
            method = AlternatingLeastSquares(
                factors=options.latent_dim,
                alpha=alpha,
                iterations=steps,
                num_threads=options.threads,
                random_state=options.seed,
            )
            method.fit(matrix, show_progress=False)
            return method.user_factors, method.item_factors, "inner_product"

        return Anew(embed)

    return make


def _matrix(arrays: Arrays, values: np.ndarray | None = None) -> Any:
    """Adjacency of the edges as they are given, without weights or with these."""
    from scipy.sparse import csr_array

    number, edges = len(arrays["neuron_ids"]), arrays["edges"].astype(np.int32)
    values = np.ones(edges.shape[1]) if values is None else values
    return csr_array((values, tuple(edges)), shape=(number, number))
