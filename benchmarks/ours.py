"""Our autoencoder in a bare loop, and the same with the loss of all pairs."""

from typing import Any

import torch
from contract import Arrays, Factors, Options
from torch.nn import functional as F

from connectome.data.splits import AbsentPairs
from connectome.models.losses import PairRows
from connectome.models.nn import kl_divergence
from connectome.training.modules.autoencoder import AutoencoderModule
from connectome.training.randomness import step_generator
from connectome.types import MessageGraph


class Ours:
    """The training step of ``AutoencoderModule`` in a bare loop, without Lightning."""

    def __init__(self, arrays: Arrays, options: Options) -> None:
        number = len(arrays["neuron_ids"])
        edges, links = (torch.from_numpy(arrays[key]) for key in ("edges", "train"))
        self.graph = MessageGraph(arrays["neuron_ids"], edges, directed=False)
        self.links = links[:, (links[0] * number + links[1]).argsort()]
        self.absent = AbsentPairs.of(edges, number, directed=True)
        self.module = AutoencoderModule(
            options.latent_dim,
            options.variational,
            hidden_dim=options.hidden_dim,
            conv_bias=options.biases,
            seed=options.seed,
        )
        self.module.build(self.graph)
        self.optimizer: Any = self.module.configure_optimizers()
        self.taken = 0

    def run(self, steps: int) -> None:
        """Optimiser steps."""
        network = self.module.network
        assert network is not None
        for left in reversed(range(steps)):
            generator = step_generator(self.module.seed, self.taken, 0, "cpu")
            negatives = PairRows(*self.absent.sample_rows(self.links.shape[1], generator))
            latent = self.module(self.graph, generator)
            loss = network.link_loss(latent.sample(generator), self.links, negatives, left == 0)
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


class Dense:
    """The loss of Kipf & Welling's code: weighted cross-entropy of all ``N x N`` logits.

    The encoder is ours, so that only the loss differs.
    """

    def __init__(self, arrays: Arrays, options: Options) -> None:
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
