"""The directed autoencoder as a LightningModule: deep encoder, bottleneck, curved link space."""

from dataclasses import replace
from typing import Any

import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from connectome.models.factors import RECIPES, Factors
from connectome.models.losses import Comparison, LikelihoodSettings, LinkLikelihood, draw_block
from connectome.models.nn import (
    Biases,
    DecoderMLP,
    DeepEncoder,
    HeadSettings,
    Latent,
    LinkHeads,
    NetworkSettings,
    PosteriorSettings,
    latent_activity,
)
from connectome.models.sparse import SparseOperator
from connectome.scores import Embedding, LinkDetails
from connectome.training.batching import TrainBatch
from connectome.training.modules.base import (
    EmbeddingModule,
    check_latent_dim,
    check_options,
    set_learning_rates,
    share_done,
)
from connectome.training.modules.muon import SPREAD, STEPS, MuonSteps
from connectome.training.modules.names import directed_name
from connectome.training.modules.newton import (
    BIAS_L2,
    SOLVERS,
    NewtonSteps,
    SolvedByNewton,
    Ways,
    check_solver,
    takes,
)
from connectome.training.options import check_numbers, plain_options
from connectome.training.randomness import step_generator
from connectome.types import InputError, MessageGraph

# Dropout, l2 and share of degrees of optimiser steps, unless they are said.
USUAL = {"distance": (0.065, 0.09, 0.5)}
OTHERS = (0.03, 0.02, 0.3)
Prepared = tuple[MessageGraph, LinkLikelihood, tuple[SparseOperator, ...]]


class DirectedAutoencoderModule(SolvedByNewton, EmbeddingModule):
    """Autoencoder with a factor as sender and one as receiver, and a network behind each.

    Every step takes a block of the adjacency matrix, random senders and all receivers, with all of
    its pairs: no negatives are drawn. One cosine leads the learning rate through the training. Free
    factors that are compared by inner product or distance need neither: Newton steps of all
    neurons, one sweep an epoch, end the training themselves.

    Args:
        latent_dim: number of latent dimensions ``d``.
        decoder: how the two vectors of a pair are compared: one of
            :data:`connectome.scores.SIMILARITIES`, see
            :class:`connectome.models.losses.distance.Comparison`.
        source_target: False gives a neuron the same factors as sender and as receiver, as in the
            gravity-inspired autoencoder; networks and biases of the two roles still differ.
        network: what stands before the comparison.
        posterior: whether factors are distributions (VGAE) or points (GAE), and what that costs.
        likelihood: what links and absent pairs weigh, and how many a step takes.
        heads: what is trained beside the presence of links.
        dropout: share of the compared dimensions that a step leaves out, for all neurons alike;
            None is 0.03, of distances 0.065; by Newton what suits ``latent_dim``
            (:func:`connectome.training.modules.newton.usual_dropout`), and none of distances.
        l2: weight of the mean squared length of the factors, None what suits decoder and solver:
            of distances 0.09 for Adam, whose scale grows, and by Newton, where it stays 1, as much
            as 1.2 absent pairs a neuron; 0.02 of others.
        learning_rate: highest one of the table and the biases; ``network`` has its own.
        solver: ``adam``; ``newton``; ``muon``: :class:`connectome.training.modules.muon.MuonSteps`;
            or ``auto``: Newton or Muon where they can be and suit.
        seed: seed of the initial weights, the blocks and the noise.

    Raises:
        InputError: for values out of range.
    """

    def __init__(
        self,
        latent_dim: int,
        decoder: str = "inner_product",
        source_target: bool = True,
        network: NetworkSettings = NetworkSettings(),
        posterior: PosteriorSettings = PosteriorSettings(),
        likelihood: LikelihoodSettings = LikelihoodSettings(),
        heads: HeadSettings = HeadSettings(),
        dropout: float | None = 0.0,
        l2: float | None = 1e-4,
        learning_rate: float = 0.03,
        solver: str = "adam",
        seed: int = 0,
    ) -> None:
        options = plain_options(locals())
        super().__init__()
        self.save_hyperparameters(options)
        check_numbers(options)
        check_options({"l2": (l2 or 0, 0)}, {"learning_rate": learning_rate})
        if dropout is not None and not 0 <= dropout < 1:
            raise InputError(f"model.dropout={dropout}: must be at least 0 and below 1")
        check_solver(solver, (*SOLVERS, "muon"))
        self.automatic_optimization = False  # several optimiser steps in one training step
        self.latent_dim = latent_dim
        self.comparison = Comparison(decoder)
        self.source_target = source_target
        self.network = network
        self.posterior = posterior
        self.given = dropout, l2, likelihood
        usual = USUAL.get(decoder, OTHERS)
        self.likelihood = likelihood.completed(usual[2])
        self.head_settings = heads
        self.dropout = usual[0] if dropout is None else dropout
        self.l2 = usual[1] if l2 is None else l2
        self.learning_rate = learning_rate
        self.solver = solver
        self.seed = seed
        self.encoder: DeepEncoder | None = None
        self.decoder_mlp: DecoderMLP | None = None
        self.heads: LinkHeads | None = None
        self.newton: NewtonSteps | None = None
        self.muon: MuonSteps | None = None
        self._prepared: Prepared | None = None

    scheduled = True

    @property
    def uses_features(self) -> bool:
        """True: they are added to the table."""
        return True

    @property
    def method(self) -> str:
        """``directed_gae``, ``directed_vgae``, or ``-factor`` where nothing is encoded.

        With what is not as usual after it: ``directed_gae-distance``, ``directed_factor-one-side``.
        """
        free, variational = self.network.free, self.posterior.variational
        return directed_name(free, variational, self.comparison.decoder, self.source_target)

    def build(self, graph: MessageGraph) -> None:
        """Make encoder and decoder for the neurons of ``graph``, and choose the solver."""
        if self.encoder is not None:
            return
        check_latent_dim(self.latent_dim, graph)
        generator = torch.Generator().manual_seed(self.seed)
        self.sides = 2 if graph.directed and self.source_target else 1
        decoder, indefinite = self.comparison.decoder, self.comparison.indefinite
        network = self.network
        ways = Ways(
            network, self.posterior, self.head_settings, decoder, self.sides, self.given[0], graph
        )
        if takes("muon", self.solver, ways.against_muon, suits=self.latent_dim == 2):
            self.muon = MuonSteps(self.likelihood, self.l2)
            network = replace(network, state_dim=None)
        heads = self.sides * (2 if self.posterior.variational else 1)
        self.encoder = network.encoder(graph, self.latent_dim, heads, generator)
        self.encoder.table.data *= SPREAD if self.muon else 1.0
        self.biases = Biases(graph.num_neurons, graph.directed)
        self.offset = nn.Parameter(torch.tensor(-1.0))
        self.decoder_mlp = network.decoder_mlp(graph, self.latent_dim, generator, indefinite)
        if self.head_settings.any:
            self.heads = LinkHeads(graph, network.compared(self.latent_dim), self.head_settings)
        suits = decoder in RECIPES and RECIPES[decoder].suits(self.latent_dim, graph.num_neurons)
        if takes("newton", self.solver, ways.against_newton, suits):
            usual = self.l2, self.likelihood
            self.newton = NewtonSteps.of(self.given, usual, self.latent_dim, decoder)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW; what belongs to one neuron learns faster than what all share."""
        assert self.encoder is not None
        own = [self.encoder.table, self.offset, *self.biases.parameters()]
        if self.muon is not None and self.decoder_mlp is not None:
            rates = self.network.weight_decay, self.learning_rate
            return self.muon.optimizer(own, self.decoder_mlp, *rates)
        own += self.comparison.parameters()
        own += self.heads.own_parameters() if self.heads else []
        ours = {id(parameter) for parameter in own}
        shared = [p for p in self.parameters() if id(p) not in ours]
        rate, decay = self.network.learning_rate, self.network.weight_decay
        groups = [
            {"params": own, "lr": self.learning_rate, "weight_decay": 0.0},
            {"params": shared, "lr": rate, "weight_decay": decay},
        ]
        return torch.optim.AdamW(groups, betas=(0.9, 0.99))

    def forward(self, graph: MessageGraph) -> Latent:
        """Latent of every neuron, ``[N, sides * d]``."""
        assert self.encoder is not None, "call build() first"
        heads = self.encoder(self._prepare(graph)[1], graph.features)
        return self.posterior.latent(heads, self.sides)

    def training_step(self, batch: TrainBatch, batch_idx: int) -> None:
        """Take ``batch.steps`` optimiser steps, each on a block of the adjacency matrix.

        By Newton it is one step of every neuron instead.
        """
        optimizer = self.optimizers()  # Lightning's wrapper: stepping it advances global_step
        assert not isinstance(optimizer, list)
        if self.newton is not None:
            self.newton.step(self, batch, self._own(), self.seed)
            optimizer.step()  # of nothing, since no parameter has a gradient
            return
        muon, own = self.muon, self.learning_rate
        rates = (own, self.network.learning_rate) if muon is None else muon.rates(own)
        for left in reversed(range(batch.steps)):
            generator = step_generator(self.seed, self.global_step, batch.rank, self.device)
            done = share_done(self, batch, STEPS if muon else None)
            loss, logged = self._loss(batch.graph, generator, done, valued=left == 0)
            set_learning_rates(optimizer, rates, done)
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
            if muon is not None:
                biases = self.biases.sender + self.offset, self.biases.receiver
                muon.after(self, batch, done, biases, self._compared)
        self.log_dict({"train/loss": loss.detach(), **logged}, batch_size=1)

    @torch.no_grad()
    def _own(self) -> Factors:
        assert self.encoder is not None
        self.offset.zero_()  # the biases hold it
        sent, received = self.encoder.table.chunk(2, dim=1)
        return Factors(sent, received, self.biases.sender, self.biases.receiver)

    def _loss(
        self, graph: MessageGraph, generator: torch.Generator, done: float, valued: bool = True
    ) -> tuple[Tensor, Any]:
        likelihood = self._prepare(graph)[0]
        size, draw = self.likelihood.size(graph), self.muon.draw if self.muon else draw_block
        block = draw(likelihood.rows, *size, generator, valued)
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
            cost, parts = self.posterior.penalty(latent, done)
            loss, logged = loss + cost, logged | parts
        if self.heads is not None:
            beside, parts = self.heads(*vectors, block, graph)
            loss, logged = loss + beside, logged | parts
        return loss, logged

    def _compared(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        return (source, target) if self.decoder_mlp is None else self.decoder_mlp(source, target)

    @torch.no_grad()
    def embed(self, graph: MessageGraph) -> Embedding:
        """Posterior means and the networks, with log standard deviations if variational."""
        with torch.autocast(self.device.type, enabled=False):
            latent = self(graph)
        sides = [side.contiguous() for side in latent.mean.float().cpu().chunk(self.sides, dim=1)]
        sender, receiver = (
            bias.detach().float().cpu() for bias in (self.biases.sender, self.biases.receiver)
        )
        networks: dict[str, Any] = {} if self.decoder_mlp is None else self.decoder_mlp.plain()
        networks["score"] = self.comparison.decoder
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
            **networks,
        )

    @torch.no_grad()
    def measures(self, graph: MessageGraph) -> dict[str, float]:
        """What each dimension says, if variational."""
        latent = self(graph)
        return {} if latent.log_std is None else latent_activity(latent)

    def details(self, graph: MessageGraph) -> LinkDetails:
        """Counts and types of links as they were learned, if they were."""
        return LinkDetails() if self.heads is None else self.heads.details(self.embed(graph))

    def _prepare(self, graph: MessageGraph) -> tuple[LinkLikelihood, tuple[SparseOperator, ...]]:
        """What follows from the graph, kept for as long as the same one comes in."""
        if self._prepared is None or self._prepared[0] is not graph:
            likelihood = LinkLikelihood.of(graph, self.likelihood)
            self._prepared = (graph, likelihood, self.network.operators(graph))
        return self._prepared[1:]
