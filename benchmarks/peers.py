"""The methods that are compared, each in a process of its own, on the same arrays.

Nothing but numpy is imported before a method is made, so that an interpreter without torch can run
those that need none. Peers are written in the way of their own examples: PyG's
``examples/autoencoder.py``, and the published code of Kipf & Welling 2016 for the dense loss.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Arrays = dict[str, np.ndarray]
Factors = tuple[np.ndarray, np.ndarray, str]  # source, target, name of the score


@dataclass(frozen=True)
class Options:
    """What all methods are told.

    Attributes:
        latent_dim: number of latent dimensions ``d``.
        hidden_dim: width of the first graph convolution.
        variational: VGAE instead of GAE.
        seed: of weights, negatives and noise.
        threads: of torch.
    """

    latent_dim: int = 16
    hidden_dim: int = 64
    variational: bool = False
    seed: int = 0
    threads: int = 1


class Peer(Protocol):
    """A method under test: ``steps`` optimiser steps (or embeddings), and what it has learned."""

    def run(self, steps: int) -> None:
        """Go on for ``steps``."""

    def factors(self) -> Factors:
        """Source and target factors ``[N, d]`` and the score that goes with them."""


class Ours:
    """The training step of ``AutoencoderModule`` in a bare loop, without Lightning."""

    def __init__(self, arrays: Arrays, options: Options) -> None:
        import torch

        from connectome.data import AbsentPairs
        from connectome.training import AutoencoderModule
        from connectome.types import MessageGraph

        number = len(arrays["neuron_ids"])
        edges, links = (torch.from_numpy(arrays[key]) for key in ("edges", "train"))
        self.graph = MessageGraph(arrays["neuron_ids"], edges, directed=False)
        self.links = links[:, (links[0] * number + links[1]).argsort()]
        self.absent = AbsentPairs.of(edges, number, directed=True)
        self.module = AutoencoderModule(
            options.latent_dim,
            options.variational,
            hidden_dim=options.hidden_dim,
            seed=options.seed,
        )
        self.module.build(self.graph)
        self.optimizer: Any = self.module.configure_optimizers()
        self.taken = 0

    def run(self, steps: int) -> None:
        """Optimiser steps."""
        from connectome.models import kl_divergence
        from connectome.training.randomness import step_generator

        network = self.module.network
        assert network is not None
        for _ in range(steps):
            generator = step_generator(self.module.seed, self.taken, 0, "cpu")
            negatives = self.absent.sample(self.links.shape[1], generator)
            latent = self.module(self.graph, generator)
            loss = network.link_loss(latent.sample(generator), self.links, negatives)
            if latent.log_std is not None:
                divergence = kl_divergence(latent.mean, latent.log_std)
                loss = loss + divergence / self.graph.num_neurons
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.taken += 1

    def factors(self) -> Factors:
        """Posterior means."""
        embedding = self.module.embed(self.graph)
        return embedding.source.numpy(), embedding.target.numpy(), "inner_product"


class PyG:
    """PyG's example: ``GCNConv`` on ``edge_index``, ``negative_sampling``, ``recon_loss``.

    Without node features the input is the identity, as a sparse tensor, since a dense one is
    slower still. ``cached`` keeps the normalised adjacency, which the example makes anew each time.
    """

    def __init__(self, arrays: Arrays, options: Options, cached: bool = False) -> None:
        import torch
        from torch_geometric import nn

        torch.manual_seed(options.seed)
        number = len(arrays["neuron_ids"])
        self.edges, self.links = (torch.from_numpy(arrays[key]) for key in ("edges", "train"))
        self.inputs = torch.sparse_csr_tensor(
            torch.arange(number + 1), torch.arange(number), torch.ones(number), (number, number)
        )
        heads = 2 if options.variational else 1

        class Encoder(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                hidden, dim = options.hidden_dim, options.latent_dim
                self.first = nn.GCNConv(number, hidden, cached=cached)
                self.heads = torch.nn.ModuleList(
                    nn.GCNConv(hidden, dim, cached=cached) for _ in range(heads)
                )

            def forward(self, inputs: Any, edges: Any) -> Any:
                hidden = self.first(inputs, edges).relu()
                out = [head(hidden, edges) for head in self.heads]
                return out if heads == 2 else out[0]

        self.model: Any = nn.VGAE(Encoder()) if options.variational else nn.GAE(Encoder())
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01)
        self.variational, self.number = options.variational, number

    def run(self, steps: int) -> None:
        """Optimiser steps."""
        self.model.train()
        for _ in range(steps):
            self.optimizer.zero_grad()
            latent = self.model.encode(self.inputs, self.edges)
            loss = self.model.recon_loss(latent, self.links)
            if self.variational:
                loss = loss + self.model.kl_loss() / self.number
            loss.backward()
            self.optimizer.step()

    def factors(self) -> Factors:
        """Posterior means."""
        import torch

        self.model.eval()
        with torch.no_grad():
            latent = self.model.encode(self.inputs, self.edges).numpy()
        return latent, latent, "inner_product"


class PyGCached(PyG):
    """The same with its normalised adjacency kept."""

    def __init__(self, arrays: Arrays, options: Options) -> None:
        super().__init__(arrays, options, cached=True)


class Dense:
    """The loss of Kipf & Welling's code: weighted cross-entropy of all ``N x N`` logits.

    The encoder is ours, so that only the loss differs.
    """

    def __init__(self, arrays: Arrays, options: Options) -> None:
        import torch

        self.ours = Ours(arrays, options)
        number = self.ours.graph.num_neurons
        self.labels = torch.zeros(number, number)
        self.labels[tuple(self.ours.graph.edge_index)] = 1.0
        self.labels.fill_diagonal_(1.0)  # as published
        ones, pairs = float(self.labels.sum()), number**2
        self.weight = torch.tensor((pairs - ones) / ones)
        self.norm = pairs / (2 * (pairs - ones))

    def run(self, steps: int) -> None:
        """Optimiser steps."""
        from torch.nn import functional as F

        from connectome.models import kl_divergence
        from connectome.training.randomness import step_generator

        ours = self.ours
        for _ in range(steps):
            generator = step_generator(ours.module.seed, ours.taken, 0, "cpu")
            latent = ours.module(ours.graph, generator)
            sample = latent.sample(generator)
            loss = self.norm * F.binary_cross_entropy_with_logits(
                sample @ sample.T, self.labels, pos_weight=self.weight
            )
            if latent.log_std is not None:
                divergence = kl_divergence(latent.mean, latent.log_std)
                loss = loss + divergence / len(sample)
            ours.optimizer.zero_grad()
            loss.backward()
            ours.optimizer.step()
            ours.taken += 1

    def factors(self) -> Factors:
        """Posterior means."""
        return self.ours.factors()


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
        from connectome import models

        matrix = models.adjacency(arrays["edges"], len(arrays["neuron_ids"]), directed=False)

        def embed() -> Factors:
            if variant == "laplacian":
                latent = models.laplacian_eigenmaps(matrix, options.latent_dim)
                return latent, latent, "negative_distance"
            factors = models.adjacency_spectral_embedding(matrix, options.latent_dim, False)
            return *factors, "inner_product"

        return Once(embed)

    return make


def scikit_learn(arrays: Arrays, options: Options) -> Once:
    """``SpectralEmbedding`` of the adjacency, by default settings; scored by distance."""
    from sklearn.manifold import SpectralEmbedding

    matrix = _matrix(arrays)

    def embed() -> Factors:
        method = SpectralEmbedding(options.latent_dim, affinity="precomputed", random_state=0)
        latent = method.fit_transform(matrix)
        return latent, latent, "negative_distance"

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


PEERS: dict[str, Callable[[Arrays, Options], Peer]] = {
    "ours": Ours,
    "pyg": PyG,
    "pyg-cached": PyGCached,
    "dense": Dense,
    "ours-ase": spectral("ase"),
    "ours-laplacian": spectral("laplacian"),
    "scikit-learn": scikit_learn,
    "graspologic": graspologic,
    "node2vec": node2vec,
}
NO_TORCH = ("graspologic", "node2vec")
