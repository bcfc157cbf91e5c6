"""PyTorch Geometric's autoencoder, in the way of its own ``examples/autoencoder.py``."""

from typing import Any

import torch
from contract import Arrays, Factors, Options
from torch_geometric import nn


class PyG:
    """PyG's example: ``GCNConv`` on ``edge_index``, ``negative_sampling``, ``recon_loss``.

    Without node features the input is the identity, as a sparse tensor, since a dense one is
    slower still. ``cached`` keeps the normalised adjacency, which the example makes anew each time.
    """

    def __init__(self, arrays: Arrays, options: Options, cached: bool = False) -> None:
        torch.manual_seed(options.seed)
        number = len(arrays["neuron_ids"])
        self.edges, self.links = (torch.from_numpy(arrays[key]) for key in ("edges", "train"))
        self.inputs = torch.sparse_csr_tensor(
            torch.arange(number + 1), torch.arange(number), torch.ones(number), (number, number)
        )
        heads = 2 if options.variational else 1
        kind = {"cached": cached, "bias": options.biases}

        class Encoder(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                hidden, dim = options.hidden_dim, options.latent_dim
                self.first = nn.GCNConv(number, hidden, **kind)
                self.heads = torch.nn.ModuleList(
                    nn.GCNConv(hidden, dim, **kind) for _ in range(heads)
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
        self.model.eval()
        with torch.no_grad():
            latent = self.model.encode(self.inputs, self.edges).numpy()
        return latent, latent, "inner_product"


class PyGCached(PyG):
    """The same with its normalised adjacency kept."""

    def __init__(self, arrays: Arrays, options: Options) -> None:
        super().__init__(arrays, options, cached=True)
