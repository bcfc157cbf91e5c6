"""The directed autoencoder as a LightningModule: deep encoder, bottleneck, curved link space."""

from typing import Any

import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from connectome.models import (
    Architecture,
    Biases,
    Comparison,
    DecoderName,
    DeepEncoder,
    Emphasis,
    HeadSettings,
    Latent,
    LatentName,
    LinkHeads,
    LinkLikelihood,
    SparseOperator,
    PairSettings,
    PairsName,
    Towers,
    Variation,
    check_sphere,
    draw_block,
    latent_activity,
    stored_table,
)
from connectome.scores import CountFamily, Embedding, LinkDetails
from connectome.training.datamodule import TrainBatch
from connectome.training.module import (
    EmbeddingModule,
    check_latent_dim,
    check_options,
    set_learning_rates,
    share_done,
)
from connectome.training.options import check_numbers
from connectome.training.randomness import step_generator
from connectome.types import InputError, MessageGraph

BIAS_L2 = 5e-4
WEIGHTS = ("l2", "kl_weight", "weight_decay")


class DirectedAutoencoderModule(EmbeddingModule):
    """Autoencoder with a factor as sender and one as receiver, and a network behind each.

    Every step takes a block of the adjacency matrix, random senders and all receivers, with all of
    its pairs: no negatives are drawn. One cosine leads the learning rate through the training.

    Args:
        latent_dim: number of latent dimensions ``d``.
        variational, latent, kl_weight, kl_warmup, free_bits: whether factors are distributions
            (VGAE) or points (GAE), which, and what that costs, see
            :class:`connectome.models.Variation`.
        decoder: how the two vectors of a pair are compared: ``inner_product``, ``distance``,
            ``squared_distance`` or ``gravity``, see :class:`connectome.models.Comparison`.
        pairs, pairs_weight: what left-right pairs share, see
            :class:`connectome.models.PairSettings`.
        state_dim, hidden_dim, layers, rank, hops, source_target:
            what stands before the comparison, see :class:`connectome.models.Architecture`.
        rows: senders of a block.
        columns: random receivers whose absent pairs a step takes beside all links of its rows;
            None for all.
        link_weight, synapse_weight, degree_share: what links and absent pairs weigh, see
            :class:`connectome.models.Emphasis`.
        dropout: share of the compared dimensions that a step leaves out, for all neurons alike.
        l2: weight of the mean squared length of the factors.
        weight_decay: of the networks' weights, decoupled (AdamW).
        learning_rate: highest one of the table and the biases.
        network_learning_rate: highest one of the networks.
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
        kl_warmup: float = 0.0,
        free_bits: float = 0.0,
        latent: LatentName = "normal",
        decoder: DecoderName = "inner_product",
        source_target: bool = True,
        pairs: PairsName | None = None,
        pairs_weight: float = 0.1,
        count_weight: float = 0.0,
        count_family: CountFamily = "shifted",
        type_weight: float = 0.0,
        type_biases: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        check_numbers(self.hparams)
        check_options(
            {name: (self.hparams[name], 0) for name in WEIGHTS},
            {"learning_rate": learning_rate, "network_learning_rate": network_learning_rate},
        )
        if not 0 <= dropout < 1:
            raise InputError(f"model.dropout={dropout}: must be at least 0 and below 1")
        self.architecture = Architecture(
            latent_dim, state_dim, hidden_dim, layers, rank, hops, source_target
        )
        check_sphere(latent, latent_dim)
        self.variation = Variation(variational, latent, kl_weight, kl_warmup, free_bits)
        self.pair_settings = PairSettings(pairs, pairs_weight)
        self.head_settings = HeadSettings(count_weight, count_family, type_weight, type_biases)
        self.automatic_optimization = False  # several optimiser steps in one training step
        self.latent_dim = latent_dim
        self.rows = rows
        self.columns = columns
        self.emphasis = Emphasis(link_weight, synapse_weight, degree_share)
        self.dropout = dropout
        self.l2 = l2
        self.weight_decay = weight_decay
        self.learning_rate = learning_rate
        self.network_learning_rate = network_learning_rate
        self.seed = seed
        # Free factors on a sphere would have products between -1 and 1 only.
        self.comparison = Comparison(decoder, scaled=latent == "sphere" and layers == 0)
        self.encoder: DeepEncoder | None = None
        self.towers: Towers | None = None
        self.heads: LinkHeads | None = None
        self._prepared: tuple[MessageGraph, LinkLikelihood, tuple[SparseOperator, ...]] | None = None

    scheduled = True

    @property
    def uses_features(self) -> bool:
        """True: they are added to the table."""
        return True

    @property
    def method(self) -> str:
        """``directed-gae``, ``directed-vgae``, or ``-factor`` where nothing is encoded.

        With what is not as usual after it: ``directed-gae-distance``, ``directed-factor-tie``.
        """
        encoded = "factor" if self.architecture.free else "gae"
        kind = f"{'v' if self.variation.variational else ''}{encoded}"
        parts = [kind, self.comparison.decoder.replace("_", "-"), self.variation.latent]
        parts += [] if self.architecture.source_target else ["one-side"]
        parts += [self.pair_settings.pairs] if self.pair_settings.pairs else []
        return "-".join(["directed", *(p for p in parts if p not in ("inner-product", "normal"))])

    def build(self, graph: MessageGraph) -> None:
        """Make encoder and decoder for the neurons of ``graph``."""
        if self.encoder is not None:
            return
        check_latent_dim(self.latent_dim, graph)
        generator = torch.Generator().manual_seed(self.seed)
        self.sides = self.architecture.sides(graph)
        heads = self.sides * (2 if self.variation.variational else 1)
        self.encoder = self.architecture.encoder(graph, heads, generator)
        self.pair_settings.prepare(self.encoder, graph)
        self.biases = Biases(graph.num_neurons, graph.directed)
        self.offset = nn.Parameter(torch.tensor(-1.0))
        indefinite = self.comparison.decoder == "inner_product"
        self.towers = self.architecture.towers(graph, generator, indefinite)
        if self.head_settings.any:
            self.heads = LinkHeads(graph, self.architecture.compared, self.head_settings)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW; what belongs to one neuron learns faster than what all share."""
        assert self.encoder is not None
        own = [stored_table(self.encoder), self.offset, *self.biases.parameters()]
        own += self.comparison.parameters()
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
        latent = self.variation.posterior(heads, self.sides)
        return self.pair_settings.reflect(latent, graph, self.sides)

    def training_step(self, batch: TrainBatch, batch_idx: int) -> None:
        """Take ``batch.steps`` optimiser steps, each on a block of the adjacency matrix."""
        optimizer = self.optimizers()  # Lightning's wrapper: stepping it advances global_step
        assert not isinstance(optimizer, list)
        for _ in range(batch.steps):
            generator = step_generator(self.seed, self.global_step, batch.rank, self.device)
            done = share_done(self, batch)
            loss, logged = self._loss(batch.graph, generator, done)
            rates = self.learning_rate, self.network_learning_rate
            set_learning_rates(optimizer, rates, done)
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
        self.log_dict({"train/loss": loss.detach(), **logged}, batch_size=1)

    def _loss(
        self, graph: MessageGraph, generator: torch.Generator, done: float
    ) -> tuple[Tensor, Any]:
        n, likelihood = graph.num_neurons, self._prepare(graph)[0]
        block = draw_block(likelihood.rows, min(self.rows, n), min(self.columns or n, n), generator)
        latent = self(graph)
        sample = latent.sample(generator).chunk(self.sides, dim=1)
        vectors = self._compared(sample[0][block.rows], sample[-1][block.columns])
        biases = self.biases.sender[block.rows] + self.offset, self.biases.receiver[block.columns]
        width, device = vectors[0].shape[1], vectors[0].device
        kept = torch.rand(width, generator=generator, device=device) >= self.dropout
        fit = self.comparison.loss(likelihood, vectors, biases, block, kept, self.dropout)
        logged: dict[str, Any] = {"train/reconstruction": fit.detach()}
        loss = fit + self.l2 * latent.mean.square().sum(dim=1).mean()
        loss = loss + BIAS_L2 * sum(b.square().mean() for b in self.biases.parameters())
        if latent.log_std is not None:
            cost, parts = self.variation.penalty(latent, done)
            loss, logged = loss + cost, logged | parts
        if (apart := self.pair_settings.penalty(latent.mean, graph)) is not None:
            loss, logged = loss + apart, logged | {"train/pairs": apart.detach()}
        if self.heads is not None:
            beside, parts = self.heads(*vectors, block, graph)
            loss, logged = loss + beside, logged | parts
        return loss, logged

    def _compared(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        return (source, target) if self.towers is None else self.towers(source, target)

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
        networks["score"] = self.comparison.score(networks=self.towers is not None)
        return Embedding(
            method=self.method,
            neuron_ids=graph.neuron_ids,
            source=sides[0],
            target=sides[-1],  # the same where there is one side
            source_bias=sender,
            target_bias=receiver if graph.directed else sender,
            scale=self.comparison.scale,
            offset=float(self.offset.detach()),
            log_std=None if latent.log_std is None else latent.log_std.float().cpu(),
            pairs=self.pair_settings.pairs,
            **networks,
        )

    @torch.no_grad()
    def measures(self, graph: MessageGraph) -> dict[str, float]:
        """What each dimension says, if variational; how many pairs it was trained on, if any."""
        latent = self(graph)
        found = {} if latent.log_std is None else latent_activity(latent)
        if self.pair_settings.pairs is not None and graph.pairs is not None:
            found["trained_pairs"] = float(graph.pairs.shape[1])
        return found

    def details(self, graph: MessageGraph) -> LinkDetails:
        """Counts and types of links as they were learned, if they were."""
        return LinkDetails() if self.heads is None else self.heads.details(self.embed(graph))

    def _prepare(self, graph: MessageGraph) -> tuple[LinkLikelihood, tuple[SparseOperator, ...]]:
        """What follows from the graph, kept for as long as the same one comes in."""
        if self._prepared is None or self._prepared[0] is not graph:
            likelihood = LinkLikelihood.of(graph, self.emphasis)
            self._prepared = (graph, likelihood, self.architecture.operators(graph))
        return self._prepared[1:]
