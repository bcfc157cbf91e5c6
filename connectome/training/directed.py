"""The directed autoencoder as a LightningModule: deep encoder, bottleneck, curved link space."""

from typing import Any

import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from connectome.models import (
    Biases,
    ChannelWeights,
    DeepEncoder,
    Emphasis,
    HeadSettings,
    Latent,
    LinkHeads,
    LinkLikelihood,
    Operators,
    Towers,
    active_units,
    count_channels,
    draw_block,
    kl_divergence,
    message_operators,
    with_biases,
)
from connectome.models.autoencoders import MAX_LOG_STD
from connectome.scores import CountFamily, Embedding, LinkDetails
from connectome.training.datamodule import TrainBatch
from connectome.training.module import (
    EmbeddingModule,
    check_latent_dim,
    check_options,
    rise_and_fall,
    step_generator,
)
from connectome.types import InputError, MessageGraph

BIAS_L2 = 5e-4


class DirectedAutoencoderModule(EmbeddingModule):
    """Autoencoder with a factor as sender and one as receiver, and a network behind each.

    Every step takes a block of the adjacency matrix, random senders and all receivers, with all of
    its pairs: no negatives are drawn. One cosine leads the learning rate through the training.

    Args:
        latent_dim: number of latent dimensions ``d``.
        variational: whether factors are distributions (VGAE) or points (GAE).
        state_dim: width of the table that the encoder starts from; None makes the table the
            factors themselves.
        hidden_dim: units of each hidden layer, of encoder and of the networks of the decoder.
        layers: hidden layers of each network of the decoder; 0 compares the factors themselves.
        rank: outputs of each network of the decoder.
        hops: rounds of messages along the training edges; 0 for a free embedding.
        channels: what an edge weighs in messages, fixed (``plain``, ``log``, ``fraction``) or not
            (``learned``, ``attention``), see :func:`connectome.models.message_operators`.
        edge_type_channels: whether the edges of each type carry messages of their own as well.
        rows: senders of a block.
        columns: receivers of a block that are drawn beside those linked to its senders; None for
            all.
        link_weight, synapse_weight, degree_share: what links and absent pairs weigh, see
            :class:`connectome.models.Emphasis`.
        dropout: share of the compared dimensions that a step leaves out, for all neurons alike.
        l2: weight of the mean squared length of the factors.
        weight_decay: of the networks' weights, decoupled (AdamW).
        learning_rate: highest one of the table and the biases.
        network_learning_rate: highest one of the networks.
        kl_weight: weight of the Kullback-Leibler term, if variational.
        count_weight, count_family, type_weight, type_biases: what is trained beside presence, see
            :class:`connectome.models.HeadSettings`.
        seed: seed of the initial weights, the blocks and the noise.

    Raises:
        InputError: for values out of range.
    """

    def __init__(
        self,
        latent_dim: int,
        variational: bool = False,
        state_dim: int | None = 32,
        hidden_dim: int = 128,
        layers: int = 3,
        rank: int = 32,
        hops: int = 0,
        channels: ChannelWeights = "plain",
        edge_type_channels: bool = False,
        rows: int = 512,
        columns: int | None = None,
        link_weight: float | None = None,
        synapse_weight: float = 0.0,
        degree_share: float = 0.0,
        dropout: float = 0.0,
        l2: float = 1e-4,
        weight_decay: float = 1e-3,
        learning_rate: float = 0.03,
        network_learning_rate: float = 0.01,
        kl_weight: float = 1e-3,
        count_weight: float = 0.0,
        count_family: CountFamily = "shifted",
        type_weight: float = 0.0,
        type_biases: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        whole = {"hidden_dim": hidden_dim, "rank": rank, "rows": rows}
        whole |= {} if state_dim is None else {"state_dim": state_dim}
        whole |= {} if columns is None else {"columns": columns}
        amounts = {"layers": layers, "hops": hops, "l2": l2, "kl_weight": kl_weight, "seed": seed}
        amounts |= {"weight_decay": weight_decay}
        check_options(
            {name: (value, 1) for name, value in whole.items()}
            | {name: (value, 0) for name, value in amounts.items()},
            {"learning_rate": learning_rate, "network_learning_rate": network_learning_rate},
        )
        if not 0 <= dropout < 1:
            raise InputError(f"model.dropout={dropout}: must be at least 0 and below 1")
        if hops == 0 and (channels != "plain" or edge_type_channels):
            raise InputError("model.hops=0: no messages are sent, so model.channels do nothing")
        self.head_settings = HeadSettings(count_weight, count_family, type_weight, type_biases)
        self.automatic_optimization = False  # several optimiser steps in one training step
        self.latent_dim = latent_dim
        self.variational = variational
        self.state_dim = state_dim
        self.hidden_dim = hidden_dim
        self.layers = layers
        self.rank = rank
        self.hops = hops
        self.channels: ChannelWeights = channels
        self.edge_type_channels = edge_type_channels
        self.rows = rows
        self.columns = columns
        self.emphasis = Emphasis(link_weight, synapse_weight, degree_share)
        self.dropout = dropout
        self.l2 = l2
        self.weight_decay = weight_decay
        self.learning_rate = learning_rate
        self.network_learning_rate = network_learning_rate
        self.kl_weight = kl_weight
        self.seed = seed
        self.encoder: DeepEncoder | None = None
        self.towers: Towers | None = None
        self.heads: LinkHeads | None = None
        self._prepared: tuple[MessageGraph, LinkLikelihood, Operators] | None = None

    scheduled = True

    @property
    def uses_features(self) -> bool:
        """True: they are added to the table."""
        return True

    @property
    def method(self) -> str:
        """``directed-gae``, ``directed-vgae``, or ``-factor`` where nothing is encoded."""
        free = self.state_dim is None and self.layers == self.hops == 0
        kind = "factor" if free else "gae"
        return f"directed-{'v' if self.variational else ''}{kind}"

    def build(self, graph: MessageGraph) -> None:
        """Make encoder and decoder for the neurons of ``graph``."""
        if self.encoder is not None:
            return
        check_latent_dim(self.latent_dim, graph)
        generator = torch.Generator().manual_seed(self.seed)
        self.sides = 2 if graph.directed else 1
        self.encoder = DeepEncoder(
            num_neurons=graph.num_neurons,
            num_features=0 if graph.features is None else graph.features.shape[1],
            state_dim=self.state_dim,
            hidden_dim=self.hidden_dim,
            latent_dim=self.latent_dim,
            heads=self.sides * (2 if self.variational else 1),
            hops=self.hops,
            channels=count_channels(graph, self.edge_type_channels),
            generator=generator,
            weights=self.channels,
        )
        self.biases = Biases(graph.num_neurons, graph.directed)
        self.offset = nn.Parameter(torch.tensor(-1.0))
        if self.layers:
            self.towers = Towers(
                self.latent_dim, self.hidden_dim, self.layers, self.rank, graph.directed, generator
            )
        if self.head_settings.any:
            compared = self.rank if self.layers else self.latent_dim
            self.heads = LinkHeads(graph, compared, self.head_settings)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW; what belongs to one neuron learns faster than what all share."""
        assert self.encoder is not None
        own = [self.encoder.table, self.offset, *self.biases.parameters()]
        own += self.heads.own_parameters() if self.heads else []
        ours = {id(parameter) for parameter in own}
        shared = [p for p in self.parameters() if id(p) not in ours]
        rate, decay = self.network_learning_rate, self.weight_decay
        groups = [
            {"params": own, "lr": self.learning_rate, "weight_decay": 0.0},
            {"params": shared, "lr": rate, "weight_decay": decay},
        ]
        return torch.optim.AdamW(groups, betas=(0.9, 0.99))

    def forward(self, graph: MessageGraph) -> Latent:
        """Latent of every neuron, ``[N, sides * d]``."""
        assert self.encoder is not None, "call build() first"
        heads = self.encoder(self._prepare(graph)[1], graph.features)
        mean = torch.cat(heads[: self.sides], dim=1)
        spread = heads[self.sides :]
        log_std = torch.cat(spread, dim=1).clamp(max=MAX_LOG_STD) if spread else None
        return Latent(mean, log_std)

    def training_step(self, batch: TrainBatch, batch_idx: int) -> None:
        """Take ``batch.steps`` optimiser steps, each on a block of the adjacency matrix."""
        optimizer = self.optimizers()  # Lightning's wrapper: stepping it advances global_step
        assert not isinstance(optimizer, list)
        for _ in range(batch.steps):
            generator = step_generator(self.seed, self.global_step, batch.rank, self.device)
            loss, logged = self._loss(batch.graph, generator)
            self._set_learning_rate(optimizer, batch)
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
        self.log_dict({"train/loss": loss.detach(), **logged}, batch_size=1)

    def _loss(self, graph: MessageGraph, generator: torch.Generator) -> tuple[Tensor, Any]:
        n, likelihood = graph.num_neurons, self._prepare(graph)[0]
        block = draw_block(likelihood.rows, min(self.rows, n), min(self.columns or n, n), generator)
        latent = self(graph)
        sample = latent.sample(generator).chunk(self.sides, dim=1)
        sent, received = self._compared(sample[0][block.rows], sample[-1][block.columns])
        sender = self.biases.sender[block.rows] + self.offset
        kept = torch.rand(sent.shape[1], generator=generator, device=sent.device) >= self.dropout
        vectors = with_biases(
            sent * kept / (1 - self.dropout), received, sender, self.biases.receiver[block.columns]
        )
        fit = likelihood.loss(*vectors, block)
        logged: dict[str, Any] = {"train/reconstruction": fit.detach()}
        loss = fit + self.l2 * latent.mean.square().sum(dim=1).mean()
        loss = loss + BIAS_L2 * sum(b.square().mean() for b in self.biases.parameters())
        if latent.log_std is not None:
            divergence = kl_divergence(latent.mean, latent.log_std)
            loss = loss + self.kl_weight * divergence
            logged |= {
                "train/kl": divergence.detach(),
                "train/active_units": float(active_units(latent.mean.detach())),
            }
        if self.heads is not None:
            beside, parts = self.heads(sent, received, block, graph)
            loss, logged = loss + beside, logged | parts
        return loss, logged

    def _compared(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        return (source, target) if self.towers is None else self.towers(source, target)

    def _set_learning_rate(self, optimizer: Any, batch: TrainBatch) -> None:
        """A linear rise and a cosine down to 0, from the number of steps alone: resumable."""
        epochs = self.trainer.max_epochs or 1
        total = epochs * batch.steps * int(self.trainer.num_training_batches)
        factor = rise_and_fall((self.global_step + 1) / total)
        for group, highest in zip(
            optimizer.param_groups, (self.learning_rate, self.network_learning_rate), strict=True
        ):
            group["lr"] = highest * factor

    @torch.no_grad()
    def embed(self, graph: MessageGraph) -> Embedding:
        """Posterior means and the networks, with log standard deviations if variational."""
        with torch.autocast(self.device.type, enabled=False):
            latent = self(graph)
        sides = [side.contiguous() for side in latent.mean.float().cpu().chunk(self.sides, dim=1)]
        sender, receiver = (
            bias.detach().float().cpu() for bias in (self.biases.sender, self.biases.receiver)
        )
        networks: dict[str, Any] = {} if self.towers is None else self.towers.plain()
        return Embedding(
            method=self.method,
            neuron_ids=graph.neuron_ids,
            source=sides[0],
            target=sides[-1],  # the same where the graph is undirected
            source_bias=sender,
            target_bias=receiver if graph.directed else sender,
            offset=float(self.offset.detach()),
            log_std=None if latent.log_std is None else latent.log_std.float().cpu(),
            **networks,
        )

    def details(self, graph: MessageGraph) -> LinkDetails:
        """Counts and types of links as they were learned, if they were."""
        return LinkDetails() if self.heads is None else self.heads.details(self.embed(graph))

    def _prepare(self, graph: MessageGraph) -> tuple[LinkLikelihood, Operators]:
        """What follows from the graph, kept for as long as the same one comes in."""
        if self._prepared is None or self._prepared[0] is not graph:
            likelihood = LinkLikelihood.of(graph, self.emphasis)
            operators = message_operators(graph, self.channels, self.edge_type_channels)
            self._prepared = (graph, likelihood, operators)
        return self._prepared[1:]
