"""Trained embeddings as a LightningModule: GAE, VGAE, their linear kin, and the factor model."""

from typing import Any, ClassVar

import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler

from connectome.models.factors import LARGE
from connectome.models.losses import LikelihoodSettings
from connectome.models.nn import (
    Biases,
    ConvolutionSettings,
    GraphAutoencoder,
    Latent,
    OptimizerSettings,
    RowBlocks,
    SchedulerSettings,
    active_units,
    kl_divergence,
    make_decoder,
    make_encoder,
    require_usual,
)
from connectome.models.sparse import SparseOperator, gcn_operator
from connectome.scores import Embedding
from connectome.training.batching import MiniBatches, TrainBatch, draw_negatives, messages_of
from connectome.training.modules.base import (
    EmbeddingModule,
    check_latent_dim,
    check_options,
    follow,
)
from connectome.training.modules.names import autoencoder_name
from connectome.training.modules.newton import (
    NewtonSteps,
    SolvedByNewton,
    check_solver,
    takes,
)
from connectome.training.modules.subgraph_steps import row_optimizers, train_on_samples
from connectome.training.options import check_numbers, plain_options
from connectome.training.randomness import step_generator
from connectome.types import InputError, MessageGraph, NotApplicableError

ENCODERS = ("gcn", "linear", "table")


class AutoencoderModule(SolvedByNewton, EmbeddingModule):
    """Graph autoencoder of Kipf & Welling 2016 (arXiv:1611.07308).

    Trained full batch, or on part of the graph at a time where the data module has a ``batch``.

    With ``encoder=table`` nothing is encoded: the factors are free parameters, and with biases
    that is a logistic factor model (a latent space model of Hoff 2009, doi:10.1007/s10588-008-
    9040-4, fitted by penalised maximum likelihood).

    One training step of Lightning takes several optimiser steps, which keeps its overhead small.
    Every step draws its negatives and its noise from a generator seeded by (seed, step, rank):
    a resumed run therefore repeats an uninterrupted one exactly.

    Args:
        latent_dim: number of latent dimensions ``d``.
        variational: False for GAE, True for VGAE.
        encoder: ``gcn`` (two graph convolutions), ``linear`` (one, Salha et al. 2020) or
            ``table`` (free factors).
        source_target: other factors as a receiver than as a sender. Of a directed split; a
            ``table`` takes an undirected one too, with one factor a neuron.
        biases: a bias for each neuron, as sender and as receiver where the split is directed.
        hidden_dim: width of the first graph convolution; of ``gcn`` only.
        dropout: dropout of the hidden layer; of ``gcn`` only.
        conv_bias: biases in the graph convolutions, as PyG's ``GCNConv`` has and Kipf & Welling's
            code has not; of ``gcn`` only. With them the first steps gain more.
        l2: weight of the mean squared length of the factors in the loss.
        learning_rate: of the optimiser; the highest one, where a scheduler changes it.
        decoder: ``native`` (inner product) or one of :data:`connectome.scores.SIMILARITIES`.
        kl_weight: weight of the Kullback-Leibler term; None means ``1 / N``, the convention of
            the published code. Ignored unless variational.
        kl_warmup_steps: steps over which that weight rises linearly from 0.
        solver: ``adam``, ``newton``, or ``auto``: Newton where it can be, which is for free
            factors of senders and receivers with biases, compared by their inner product, up to
            8,192 neurons.
        optimizer: what the weights step with; in mini-batches Adam alone.
        scheduler: how the learning rate changes; in mini-batches not at all.
        seed: seed of the initial weights, the negatives and the noise.

    Raises:
        InputError: for values out of range.
    """

    mini_batches: ClassVar[bool] = True

    def __init__(
        self,
        latent_dim: int,
        variational: bool,
        encoder: str = "gcn",
        source_target: bool = False,
        biases: bool = False,
        hidden_dim: int = 64,
        dropout: float = 0.0,
        conv_bias: bool = False,
        l2: float = 0.0,
        learning_rate: float = 0.01,
        decoder: str = "native",
        kl_weight: float | None = None,
        kl_warmup_steps: int = 0,
        solver: str = "adam",
        optimizer: OptimizerSettings = OptimizerSettings(),
        scheduler: SchedulerSettings = SchedulerSettings(),
        seed: int = 0,
    ) -> None:
        options = plain_options(locals())
        super().__init__()
        self.save_hyperparameters(options)
        check_numbers(options)
        _require(encoder in ENCODERS, "encoder", encoder, f"choose one of {', '.join(ENCODERS)}")
        _require(0 <= dropout < 1, "dropout", dropout, "must be at least 0 and below 1")
        convolves = encoder == "gcn"
        _require(convolves or not conv_bias, "conv_bias", conv_bias, "is of encoder=gcn only")
        check_options(
            {"l2": (l2, 0), "kl_weight": (kl_weight or 0, 0)}, {"learning_rate": learning_rate}
        )
        check_solver(solver)
        self.automatic_optimization = False  # several optimiser steps in one training step
        self.latent_dim = latent_dim
        self.variational = variational
        self.encoder = encoder
        self.source_target = source_target
        self.biases = biases
        self.l2 = l2
        self.hidden_dim, self.dropout, self.conv_bias = hidden_dim, dropout, conv_bias
        self.learning_rate = learning_rate
        self.decoder = decoder
        self.kl_weight = kl_weight
        self.kl_warmup_steps = kl_warmup_steps
        self.solver = solver
        self.newton: NewtonSteps | None = None
        self.optimizer, self.scheduler = optimizer, scheduler
        self.scheduled = scheduler.changes
        self.seed = seed
        self.network: GraphAutoencoder | None = None
        self._operators: tuple[MessageGraph, SparseOperator | RowBlocks] | None = None
        make_decoder(decoder)  # a misspelt name fails here, before any data is split

    @property
    def method(self) -> str:
        """``gae``, ``linear_vgae``, ``factor`` ... with what the name does not already say."""
        return autoencoder_name(
            self.encoder, self.variational, self.source_target, self.biases, self.conv_bias,
            self.decoder,
        )  # fmt: skip

    @property
    def uses_features(self) -> bool:
        """A table has a row for each neuron and asks for nothing else."""
        return self.encoder != "table"

    def inductive(self, graph: MessageGraph) -> bool:
        """Features alone embed a neuron, unless it has a row of its own in a table."""
        return graph.features is not None and self.uses_features and not self.biases

    def build(self, graph: MessageGraph) -> None:
        """Make encoder and decoder for the neurons (or features) of ``graph``.

        Raises:
            InputError: if there are not enough neurons for the latent dimensions.
            NotApplicableError: for two sides of undirected links.
        """
        if self.network is not None:
            return
        check_latent_dim(self.latent_dim, graph)
        if self.source_target and self.encoder != "table" and not graph.directed:
            raise NotApplicableError(
                "model.source_target=true: an undirected link has no sender and receiver, and a "
                "neuron one factor; set split.directed=true, or take model=gae"
            )
        sides = 2 if self.source_target and graph.directed else 1
        num_inputs = graph.num_neurons if graph.features is None else graph.features.shape[1]
        self.network = GraphAutoencoder(
            make_encoder(
                self.encoder,
                (graph.num_neurons, num_inputs, self.latent_dim),
                sides * (2 if self.variational else 1),
                torch.Generator().manual_seed(self.seed),
                ConvolutionSettings(self.hidden_dim, self.dropout, self.conv_bias),
            ),
            make_decoder(self.decoder),
            sides,
            Biases(graph.num_neurons, graph.directed) if self.biases else None,
        )
        reasons = self.network.no_plain_factors | {
            "the model is variational": self.variational,
            "batch=edges trains on a part of the links at a time": self.in_blocks,
            "the split is undirected (split.directed=true mends that)": not graph.directed,
            "sender and receiver share their factors": sides == 1,
        }
        if takes("newton", self.solver, reasons, suits=graph.num_neurons <= LARGE):
            self.newton = NewtonSteps(LikelihoodSettings(), self.l2, 0.0, 0.0)

    def forward(self, graph: MessageGraph, generator: torch.Generator | None = None) -> Latent:
        """Latent of every neuron; ``generator`` draws the dropout of training."""
        assert self.network is not None, "call build() first"
        latent: Latent = self.network(self._operator(graph), graph.features, generator)
        return latent

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Of all parameters; in mini-batches Adam, of the rows of tables that a step names.

        Raises:
            InputError: for another choice in mini-batches.
        """
        if self.in_blocks:
            why = "batch=edges has Adam of its own, for the rows that a step names"
            require_usual(self.optimizer, self.scheduler, why, "take batch=full")
            graph = self.trainer.datamodule.graph  # type: ignore[attr-defined]
            assert self.network is not None
            return row_optimizers(self.network, graph, self.learning_rate)
        return self.optimizer.make(self.parameters(), self.learning_rate, fused=True)

    def training_step(self, batch: TrainBatch | MiniBatches, batch_idx: int) -> None:
        """Take ``batch.steps`` optimiser steps on all training links, or each on a few."""
        assert self.network is not None
        if isinstance(batch, MiniBatches):
            self.log_dict(train_on_samples(self, batch), batch_size=1)
            return
        optimizer = self.optimizers()  # Lightning's wrapper: stepping it advances global_step
        assert not isinstance(optimizer, list)
        if self.newton is not None:
            self.newton.step(self, batch, self.network.plain_factors(), self.seed)
            optimizer.step()  # of nothing, since no parameter has a gradient
            return
        for left in reversed(range(batch.steps)):
            generator = step_generator(self.seed, self.global_step, batch.rank, self.device)
            negatives = draw_negatives(self.network, batch, generator)
            latent = self(batch.graph, generator)
            sample = latent.sample(generator)
            loss = self.network.link_loss(sample, batch.positives, negatives, left == 0)
            logged: dict[str, Any] = {"train/reconstruction": loss.detach()}
            if latent.log_std is not None:
                weight = self.current_kl_weight(batch.graph.num_neurons)
                divergence = kl_divergence(latent.mean, latent.log_std)
                loss = loss + weight * divergence
                logged |= {"train/kl": divergence.detach(), "train/kl_weight": weight}
            if self.l2 > 0:
                loss = loss + self.l2 * latent.mean.square().sum(dim=1).mean()
            follow(self.scheduler, self, batch, optimizer, self.learning_rate)
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
        self.log_dict({"train/loss": loss.detach(), **logged}, batch_size=1)
        if latent.log_std is not None:
            self.log("train/active_units", float(active_units(latent.mean.detach())), batch_size=1)

    @torch.no_grad()
    def embed(self, graph: MessageGraph) -> Embedding:
        """Posterior means, with their log standard deviation if variational."""
        assert self.network is not None
        was_training = self.training
        self.eval()  # dropout off, also when called outside Lightning's own evaluation
        with torch.autocast(self.device.type, enabled=False):  # the same wherever it is called
            latent = self(graph)
        self.train(was_training)
        mean = latent.mean.detach().float().cpu()  # a table is the parameter itself
        source, target = self.network.factors(mean)
        sender_bias, receiver_bias = self.network.pair_biases(graph, source, target)
        return Embedding(
            method=self.method,
            neuron_ids=graph.neuron_ids,
            source=source,
            target=target,
            source_bias=sender_bias,
            target_bias=receiver_bias,
            score=self.network.decoder.similarity.name,
            scale=self.network.decoder.scale,
            offset=self.network.decoder.offset,
            log_std=None if latent.log_std is None else latent.log_std.float().cpu(),
        )

    def _operator(self, graph: MessageGraph) -> SparseOperator | RowBlocks:
        """Normalised adjacency, kept for as long as the same graph comes in."""
        if self._operators is None or self._operators[0] is not graph:
            operator: SparseOperator | RowBlocks
            if self.in_blocks:
                messages = messages_of(graph).to(graph.edge_index.device)
                operator = RowBlocks(messages.starts, messages.ends)
            else:
                operator = gcn_operator(graph.edge_index, graph.num_neurons)
            self._operators = (graph, operator)
        return self._operators[1]

    def current_kl_weight(self, num_neurons: int) -> float:
        """What the divergence counts at this step."""
        weight = 1 / num_neurons if self.kl_weight is None else self.kl_weight
        return weight * min(1.0, (self.global_step + 1) / max(self.kl_warmup_steps, 1))


def _require(holds: bool, name: str, value: object, rule: str) -> None:
    if not holds:
        raise InputError(f"model.{name}={value}: {rule}")
