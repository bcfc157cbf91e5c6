"""Untrained controls and the block model as LightningModules with nothing to optimise."""

import logging
from typing import Any, ClassVar

import numpy as np
import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor

from connectome.models.generative import fit_blocks
from connectome.models.spectral import adjacency
from connectome.scores import RULES, WEIGHTED, BlockModel, Embedding, NeighbourScore, Scorer
from connectome.training.batching import TrainBatch
from connectome.training.modules.base import UNTRAINED, EmbeddingModule
from connectome.training.options import check_numbers
from connectome.types import InputError, MessageGraph, NotApplicableError, degrees

log = logging.getLogger(__name__)

PREFERENTIAL_ATTACHMENT = "preferential_attachment"
SEEDS = 2**32  # that k-means takes
BLOCKS_FROM = 4  # neurons a block, at least, or its rates cannot be estimated


class HeuristicModule(EmbeddingModule):
    """A score read off the training graph: no latent dimension, no parameters.

    Args:
        rule: ``preferential_attachment`` (out-degree of the sender times in-degree of the
            receiver; Barabási & Albert 1999), or one of :data:`connectome.scores.RULES`.

    Raises:
        InputError: for an unknown rule.
    """

    trainer_limits: ClassVar[dict[str, Any]] = UNTRAINED

    def __init__(self, rule: str) -> None:
        super().__init__()
        self.save_hyperparameters()
        if rule not in (choices := (PREFERENTIAL_ATTACHMENT, *RULES)):
            raise InputError(f"model.rule={rule}: choose one of {', '.join(choices)}")
        self.rule = rule

    @property
    def method(self) -> str:
        """The rule."""
        return self.rule

    def build(self, graph: MessageGraph) -> None:
        """Nothing to make."""

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """None: nothing is trained."""
        return None

    def training_step(self, batch: TrainBatch, batch_idx: int) -> None:
        """Nothing to do."""

    def embed(self, graph: MessageGraph) -> Scorer:
        """The training graph itself, or the degrees alone.

        Raises:
            NotApplicableError: if synapse counts are to weigh and the graph has none.
        """
        edges = graph.edge_index.cpu()
        if self.rule != PREFERENTIAL_ATTACHMENT:
            counts = self._counts(graph) if self.rule in WEIGHTED else None
            return NeighbourScore(
                self.rule, graph.neuron_ids, edges, graph.directed, synapses=counts
            )
        out_degree, in_degree = (
            degree.float()[:, None] for degree in degrees(edges, graph.num_neurons)
        )
        target = in_degree if graph.directed else out_degree
        return Embedding(self.rule, graph.neuron_ids, out_degree, target)

    def _counts(self, graph: MessageGraph) -> Tensor:
        if graph.synapses is None:
            raise NotApplicableError(
                f"model.rule={self.rule}: the graph has no synapse counts; take l3_normalised"
            )
        return graph.synapses.cpu()


class BlockModelModule(EmbeddingModule):
    """Degree-corrected stochastic block model, fitted to the training graph.

    Args:
        num_blocks: number of blocks ``K``; None takes the one with the lowest Bayesian
            information criterion among powers of two, four neurons a block at least.
        seed: of k-means.

    Raises:
        InputError: for fewer than one block.
    """

    trainer_limits: ClassVar[dict[str, Any]] = UNTRAINED

    def __init__(self, num_blocks: int | None = None, seed: int = 0) -> None:
        super().__init__()
        self.save_hyperparameters()
        check_numbers(self.hparams)
        if seed >= 2**32:
            raise InputError(f"model.seed={seed}: k-means takes seeds below 2^32; give one")
        self.num_blocks = num_blocks
        if not 0 <= seed < SEEDS:
            raise InputError(f"model.seed={seed}: k-means takes 0 to 2^32 - 1; set seed=VALUE")
        self.seed = seed
        self.block: Tensor
        self.rates: Tensor
        self.register_buffer("block", torch.empty(0, dtype=torch.int64))
        self.register_buffer("rates", torch.empty(0, 0, dtype=torch.float64))

    @property
    def method(self) -> str:
        """``dcsbm``, with the number of blocks if it was given."""
        return "dcsbm" if self.num_blocks is None else f"dcsbm-{self.num_blocks}"

    def build(self, graph: MessageGraph) -> None:
        """Check that ``graph`` has enough neurons.

        Raises:
            InputError: if it has ``num_blocks`` or fewer.
        """
        if self.num_blocks is not None and self.num_blocks >= graph.num_neurons:
            raise InputError(
                f"model.num_blocks={self.num_blocks}: the graph has {graph.num_neurons} neurons; "
                "choose less, or null"
            )

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """None: there is no gradient."""
        return None

    def training_step(self, batch: TrainBatch, batch_idx: int) -> None:
        """Fit blocks and rates to the training graph."""
        graph = batch.graph
        matrix = adjacency(graph.edge_index.cpu().numpy(), graph.num_neurons, graph.directed)
        largest = max(graph.num_neurons // BLOCKS_FROM, 1)
        sizes = (
            [self.num_blocks] if self.num_blocks else [2**k for k in range(largest.bit_length())]
        )
        links = float(matrix.sum())

        def criterion(k: int) -> tuple[float, Any]:
            fit = fit_blocks(matrix, k, graph.directed, self.seed)
            halves = 1 if graph.directed else 2  # an undirected graph holds every link twice
            parameters = k * k if graph.directed else k * (k + 1) / 2
            label_cost = graph.num_neurons * np.log(k)
            cost = -fit.log_likelihood / halves + parameters / 2 * np.log(links / halves)
            return cost + label_cost, fit

        _, best = min((criterion(k) for k in sizes), key=lambda found: found[0])
        self.block = torch.from_numpy(best.block)
        self.rates = torch.from_numpy(best.rates)
        self.log("train/blocks", float(len(best.rates)), batch_size=1)
        if (used := len(np.unique(best.block))) < len(best.rates):
            log.warning(
                "model.num_blocks=%d: only %d blocks have neurons, the graph tells no more apart; "
                "take less, or null",
                *(len(best.rates), used),
            )

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the shape of the stored parameters, which depends on the data."""
        for name in ("block", "rates"):
            setattr(self, name, torch.empty_like(checkpoint["state_dict"][name]))

    def embed(self, graph: MessageGraph) -> Scorer:
        """Blocks and rates, with the training degrees as propensities."""
        out_degree, in_degree = (
            degree.double() for degree in degrees(graph.edge_index.cpu(), graph.num_neurons)
        )
        return BlockModel(
            method=self.method,
            neuron_ids=graph.neuron_ids,
            block=self.block.cpu(),
            rates=self.rates.double().cpu(),
            out_propensity=out_degree,
            in_propensity=in_degree if graph.directed else out_degree,
        )
