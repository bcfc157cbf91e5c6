"""DeepWalk and node2vec as a LightningModule: who meets on random walks gets similar factors."""

import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import nn

from connectome.models.nn import OptimizerSettings, SchedulerSettings, reconstruction_loss
from connectome.models.sparse import LinkRows, contexts, random_walks
from connectome.scores import Embedding
from connectome.training.batching import TrainBatch
from connectome.training.modules.base import EmbeddingModule, check_latent_dim, follow
from connectome.training.options import check_numbers, plain_options
from connectome.training.randomness import step_generator
from connectome.types import InputError, MessageGraph

NOISE_POWER = 0.75  # negatives by degree^0.75, as in word2vec
LEAST_BIAS, GREATEST_BIAS = 1e-6, 1e6  # beyond these a walk has no choice left


class DeepWalkModule(EmbeddingModule):
    """Skip-gram with negative sampling on random walks (Perozzi et al. 2014, arXiv:1403.6652).

    Every step walks once from every neuron. On a directed split walks follow the synapses, and a
    neuron has one factor as the origin of a walk and another as a place that walks reach (Zhou et
    al. 2017, APP); on an undirected one a single factor serves both.

    With ``p`` or ``q`` other than 1 it is node2vec (Grover & Leskovec 2016, arXiv:1607.00653): from
    ``v``, where it came from ``t``, a walk takes a link to ``x`` with a weight of ``1 / p`` if
    ``x`` is ``t``, 1 if there is a link ``t -> x``, and ``1 / q`` otherwise. Synapse counts do not
    matter, as in DeepWalk.

    Args:
        latent_dim: number of latent dimensions ``d``.
        walk_length: steps of a walk.
        window: how many steps apart two neurons still count as meeting.
        p: return parameter; above 1, walks turn back less.
        q: in-out parameter; above 1, walks stay near where they came from, below 1 they go far.
        learning_rate: of the optimiser; the highest one, where a scheduler changes it.
        optimizer: what the factors step with.
        scheduler: how the learning rate changes.
        seed: of initial factors, walks and negatives.

    Raises:
        InputError: for values out of range.
    """

    def __init__(
        self,
        latent_dim: int,
        walk_length: int = 10,
        window: int = 3,
        p: float = 1,
        q: float = 1,
        learning_rate: float = 0.03,
        optimizer: OptimizerSettings = OptimizerSettings(),
        scheduler: SchedulerSettings = SchedulerSettings(),
        seed: int = 0,
    ) -> None:
        options = plain_options(locals())
        super().__init__()
        self.save_hyperparameters(options)
        check_numbers(options)
        if window > walk_length:
            raise InputError(
                f"model.window={window}: a walk has model.walk_length={walk_length} steps; choose "
                f"1 to {walk_length}, or longer walks"
            )
        for name, bias in (("p", p), ("q", q)):
            if not LEAST_BIAS <= bias <= GREATEST_BIAS:
                raise InputError(
                    f"model.{name}={bias}: must lie between {LEAST_BIAS:g} and {GREATEST_BIAS:g}; "
                    "1 is for walks without bias"
                )
        if not learning_rate > 0:
            raise InputError(f"model.learning_rate={learning_rate}: must be positive")
        self.automatic_optimization = False  # several optimiser steps in one training step
        self.latent_dim = latent_dim
        self.walk_length = walk_length
        self.window = window
        self.p, self.q = p, q
        self.learning_rate = learning_rate
        self.optimizer, self.scheduler = optimizer, scheduler
        self.scheduled = scheduler.changes
        self.seed = seed
        self.source: nn.Parameter | None = None
        self.target: nn.Parameter | None = None

    @property
    def method(self) -> str:
        """``deepwalk``, or ``node2vec`` where walks have a bias."""
        return "deepwalk" if self.p == self.q == 1 else "node2vec"

    def build(self, graph: MessageGraph) -> None:
        """Make the factors."""
        if self.source is not None:
            return
        check_latent_dim(self.latent_dim, graph)
        generator = torch.Generator().manual_seed(self.seed)
        shape = (graph.num_neurons, self.latent_dim)
        self.source = nn.Parameter(0.1 * torch.randn(shape, generator=generator))
        self.target = self.source
        if graph.directed:
            self.target = nn.Parameter(0.1 * torch.randn(shape, generator=generator))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Of the factors."""
        return self.optimizer.make(self.parameters(), self.learning_rate)

    def training_step(self, batch: TrainBatch, batch_idx: int) -> None:
        """Take ``batch.steps`` optimiser steps, with new walks for each."""
        assert self.source is not None
        assert self.target is not None
        optimizer = self.optimizers()
        assert not isinstance(optimizer, list)
        n = batch.graph.num_neurons
        graph = LinkRows.of(batch.graph.edge_index, n)
        degree = torch.bincount(batch.graph.edge_index[1], minlength=n)
        noise = degree.float().pow(NOISE_POWER).cumsum(0)
        for _ in range(batch.steps):
            generator = step_generator(self.seed, self.global_step, batch.rank, self.device)
            origins = torch.arange(n, device=self.device)
            walks = random_walks(graph, origins, self.walk_length, generator, self.p, self.q)
            met = contexts(walks, self.window)
            draws = torch.rand(met.shape[1], generator=generator, device=self.device) * noise[-1]
            strangers = torch.searchsorted(noise, draws).clamp(max=n - 1)
            source = self.source.index_select(0, met[0])
            loss = reconstruction_loss(
                (source * self.target.index_select(0, met[1])).sum(dim=1),
                (source * self.target.index_select(0, strangers)).sum(dim=1),
            )
            follow(self.scheduler, self, batch, optimizer, self.learning_rate)
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
        self.log("train/loss", loss.detach(), batch_size=1)

    def embed(self, graph: MessageGraph) -> Embedding:
        """The factors."""
        assert self.source is not None
        assert self.target is not None
        source = self.source.detach().float().cpu()
        same = self.target is self.source
        return Embedding(
            method=self.method,
            neuron_ids=graph.neuron_ids,
            source=source,
            target=source if same else self.target.detach().float().cpu(),
        )
