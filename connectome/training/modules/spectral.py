"""Spectral embedding as a LightningModule that has nothing to train."""

import logging
from typing import Any, ClassVar

import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor

from connectome.models.spectral import (
    CONNECTED,
    SOLVERS,
    VARIANTS,
    adjacency,
    fit_spectral,
    largest,
)
from connectome.scores import Embedding
from connectome.scores.similarity import SIMILARITIES, Similarity, below_all
from connectome.training.batching import TrainBatch
from connectome.training.modules.base import UNTRAINED, EmbeddingModule, check_latent_dim
from connectome.training.options import check_numbers
from connectome.types import InputError, MessageGraph

log = logging.getLogger(__name__)


class SpectralModule(EmbeddingModule):
    """Spectral baselines behind the same seam as the trained methods.

    The native score of Laplacian eigenmaps and of diffusion maps is minus the distance, of the
    adjacency (``ase``) and the regularised Laplacian (``lse``) spectral embedding the product of
    signed eigenvalues (the singular factors where the split is directed). ``inner_product`` scores
    by the plain product of the embedding with itself, as an autoencoder does, whatever it was made
    for. Together with ``largest_component=False`` that is the protocol under which Laplacian
    eigenmaps collapse.

    Args:
        latent_dim: number of latent dimensions ``d``.
        variant: ``ase``, ``laplacian``, ``lse`` or ``diffusion``.
        decoder: ``native`` or one of :data:`connectome.scores.SIMILARITIES`.
        largest_component: embed the largest connected component of the training graph only;
            matters to ``laplacian`` and ``diffusion`` alone.
        walk_steps: steps of the random walk of ``diffusion``.
        solver: ``auto``, ``lanczos`` or ``randomized``, see
            :mod:`connectome.models.spectral.eigensolvers`; ``randomized`` runs on the trainer's
            device. They differ by no more than the residual, which is logged as ``train/residual``.

    Raises:
        InputError: for an unknown variant, decoder or solver.
    """

    trainer_limits: ClassVar[dict[str, Any]] = UNTRAINED

    def __init__(
        self,
        latent_dim: int,
        variant: str = "ase",
        decoder: str = "native",
        largest_component: bool = True,
        walk_steps: int = 1,
        solver: str = "auto",
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        check_numbers(self.hparams)
        for option, value, choices in (
            ("variant", variant, VARIANTS),
            ("decoder", decoder, ("native", *SIMILARITIES)),
            ("solver", solver, SOLVERS),
        ):
            if value not in choices:
                raise InputError(f"model.{option}={value}: choose one of {', '.join(choices)}")
        self.latent_dim = latent_dim
        self.variant = variant
        self.decoder = decoder
        self.largest_component = largest_component
        self.walk_steps = walk_steps
        self.solver = solver
        self.source: Tensor
        self.target: Tensor
        self.register_buffer("source", torch.empty(0, latent_dim))
        self.register_buffer("target", torch.empty(0, latent_dim))

    @property
    def method(self) -> str:
        """``spectral`` and so on, with what is not the default."""
        whole = self.variant in CONNECTED and not self.largest_component
        walks = self.variant == "diffusion" and self.walk_steps != 1
        options = [f"{self.walk_steps}-steps"] * walks + ["whole"] * whole
        options += [self.decoder] * (self.decoder != "native")
        name = "spectral" if self.variant == "ase" else self.variant
        return "-".join([name, *options])

    def build(self, graph: MessageGraph) -> None:
        """Check that ``graph`` has enough neurons."""
        check_latent_dim(self.latent_dim, graph)

    def measures(self, graph: MessageGraph) -> dict[str, float]:
        """``rank``: how many dimensions carry anything."""
        return {"rank": float(self.source.any(dim=0).sum())}

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """None: nothing is trained."""
        return None

    def training_step(self, batch: TrainBatch, batch_idx: int) -> None:
        """Compute the factors of the training graph."""
        self.source, self.target = (factor.to(self.device) for factor in self._factors(batch.graph))

    @torch.no_grad()
    def embed(self, graph: MessageGraph) -> Embedding:
        """The factors computed in training."""
        source = self.source.cpu()
        target = source if torch.equal(self.source, self.target) else self.target.cpu()
        sent, received = self._biases(graph, source, target)
        return Embedding(
            method=self.method,
            neuron_ids=graph.neuron_ids,
            source=source,
            target=target,
            source_bias=sent,
            target_bias=received,
            score=self._similarity.name,
        )

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the shape of the stored factors, which depends on the data."""
        for name in ("source", "target"):
            setattr(self, name, torch.empty_like(checkpoint["state_dict"][name]))

    @property
    def _similarity(self) -> Similarity:
        native = "distance" if self.variant in CONNECTED else "inner_product"
        return SIMILARITIES[native if self.decoder == "native" else self.decoder]

    def _biases(
        self, graph: MessageGraph, source: Tensor, target: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """What keeps neurons that have no place from lying close: no link is likelier than theirs.

        All of them are at the origin. Of eigenmaps these are the neurons that were not embedded
        (another one may lie at the origin by symmetry), else those without a number.
        """
        depth = self._similarity.depth(source, target)
        if depth is None:
            return None, None
        if self.variant not in CONNECTED:
            return below_all(depth, source.any(dim=1), target.any(dim=1))
        matrix = adjacency(graph.edge_index.cpu().numpy(), graph.num_neurons, False)
        inside = largest(matrix) if self.largest_component else matrix.sum(axis=1).nonzero()[0]
        placed = torch.zeros(graph.num_neurons, dtype=torch.bool)
        placed[torch.from_numpy(inside)] = True
        return below_all(depth, placed, placed)

    def _factors(self, graph: MessageGraph) -> tuple[Tensor, Tensor]:
        directed = graph.directed and self.variant not in CONNECTED
        edges = graph.edge_index.cpu().numpy()
        matrix = adjacency(edges, graph.num_neurons, directed)
        inside = None
        if self.variant in CONNECTED:
            core = largest(matrix)
            self.log(
                "train/neurons_outside_component", float(matrix.shape[0] - len(core)), batch_size=1
            )
            inside = core if self.largest_component else None
        device = self.device if self.device.type == "cuda" else "cpu"  # MPS knows no float64
        fit = fit_spectral(
            *(self.variant, matrix, self.latent_dim, directed, self.solver, device, inside),
            self.walk_steps,
        )
        self.log("train/residual", fit.residual, batch_size=1)
        self.log("train/rank", float(fit.rank), batch_size=1)
        if fit.rank < self.latent_dim:
            log.warning(
                "latent_dim=%d: the training graph has rank %d, so %d dimensions are zero; take "
                "latent_dim=%d or less",
                *(self.latent_dim, fit.rank, self.latent_dim - fit.rank, max(fit.rank, 1)),
            )
        if fit.cut:
            log.warning(
                "latent_dim=%d: the last dimension is one of several equal ones, and which of them "
                "are kept is arbitrary; take more or fewer",
                self.latent_dim,
            )
        source = fit.source
        same = self.decoder != "native" and not directed
        target = source if same else fit.target
        as_tensor = [torch.from_numpy(factor).float() for factor in (source, target)]
        return as_tensor[0], as_tensor[1]
