"""An autoencoder whose parameters belong to no neuron: trained on some brains, it embeds others."""

from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from connectome.data.splits import AbsentPairs
from connectome.models.nn import (
    Latent,
    RoleEncoder,
    Roles,
    View,
    kl_divergence,
    reconstruction_loss,
)
from connectome.runs import read_checkpoint
from connectome.scores import Embedding
from connectome.training.batching import TrainBatch
from connectome.training.modules.base import (
    EmbeddingModule,
    check_latent_dim,
    check_options,
    set_learning_rates,
    share_done,
)
from connectome.training.modules.masking import hide_links, view_of
from connectome.training.options import check_numbers
from connectome.training.randomness import step_generator
from connectome.types import InputError, MessageGraph

MASKS, MAX_LOG_STD = 3, 4.0  # MASKS: the generator of hidden links has this purpose
WEIGHTS = ("weight_decay", "kl_weight")


class InductiveModule(EmbeddingModule):
    """Graph autoencoder on structure alone; see
    :class:`connectome.models.nn.inductive_encoder.RoleEncoder`.

    In training part of the links is hidden from the encoder, and these are what it has to predict,
    as it will have to for links held out: profile and messages know a link that they see.

    Args:
        latent_dim: number of latent dimensions ``d``, of each side where the split is directed.
        variational, kl_weight: whether factors are distributions, and what the divergence weighs;
            None is ``1 / N``.
        hidden_dim, rounds: of the encoder.
        views, hidden_links: how many times links are hidden (steps take turns), and what share.
        negatives: unconnected pairs for each hidden link.
        weight_decay, learning_rate: of AdamW; the rate is the highest.
        start: checkpoint of such a model to start from.
        seed: of everything that is drawn.

    Raises:
        InputError: for values out of range.
    """

    scheduled = True

    def __init__(
        self,
        latent_dim: int,
        variational: bool = False,
        kl_weight: float | None = None,
        hidden_dim: int = 64,
        rounds: int = 3,
        views: int = 4,
        hidden_links: float = 0.15,
        negatives: int = 2,
        weight_decay: float = 1e-3,
        learning_rate: float = 0.01,
        start: str | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        check_numbers(self.hparams)
        check_options(
            {name: (self.hparams[name] or 0, 0) for name in WEIGHTS},
            {"learning_rate": learning_rate},
        )
        if not 0 < hidden_links < 1:
            raise InputError(f"model.hidden_links={hidden_links}: must be above 0 and below 1")
        self.automatic_optimization = False  # several optimiser steps in one training step
        self.latent_dim, self.hidden_dim, self.rounds = latent_dim, hidden_dim, rounds
        self.variational, self.kl_weight = variational, kl_weight
        self.views, self.hidden_links, self.negatives = views, hidden_links, negatives
        self.weight_decay, self.learning_rate = weight_decay, learning_rate
        self.start, self.seed = start, seed
        self.encoder: RoleEncoder | None = None
        self._seen: tuple[MessageGraph, View] | None = None
        self._masked: tuple[MessageGraph, list[tuple[View, Tensor]]] | None = None

    @property
    def method(self) -> str:
        """``inductive`` or ``inductive-variational``."""
        return "inductive-variational" if self.variational else "inductive"

    def build(self, graph: MessageGraph) -> None:
        """Make the encoder for graphs such as ``graph``.

        Raises:
            InputError: if the graph has too few neurons, or ``start`` does not fit.
        """
        if self.encoder is not None:
            return
        check_latent_dim(self.latent_dim, graph)
        generator = torch.Generator().manual_seed(self.seed)
        self.sides = 2 if graph.directed else 1
        self.encoder = RoleEncoder(
            num_features=self._see(graph).profile.shape[1],
            hidden_dim=self.hidden_dim,
            rounds=self.rounds,
            outputs=self.sides * self.latent_dim,
            heads=2 if self.variational else 1,
            ways=self.sides,
            generator=generator,
        )
        # An undirected product needs dimensions in which alike repels.
        self.signs = nn.Parameter(torch.ones(self.latent_dim)) if self.sides == 1 else None
        if self.start is not None:
            self._take_over(Path(self.start))

    def _take_over(self, path: Path) -> None:
        """Parameters of the encoder, from another training.

        Raises:
            InputError: if the checkpoint is of another kind of model.
        """
        stored = read_checkpoint(path)["state_dict"]
        shared = {k: v for k, v in stored.items() if k.startswith("encoder.")}
        mine = {k: v.shape for k, v in self.state_dict().items() if k.startswith("encoder.")}
        if {k: v.shape for k, v in shared.items()} != mine:
            raise InputError(
                f"model.start={path}: another kind of model; give it the same latent_dim, model "
                "options and split.directed as this one"
            )
        self.load_state_dict(shared, strict=False)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW over all parameters."""
        return torch.optim.AdamW(
            self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
        )

    def training_step(self, batch: TrainBatch, batch_idx: int) -> None:
        """Take ``batch.steps`` optimiser steps, each on links hidden from one of the views."""
        optimizer: Any = self.optimizers()  # Lightning's wrapper, which counts steps
        for _ in range(batch.steps):
            generator = step_generator(self.seed, self.global_step, batch.rank, self.device)
            loss, logged = self._loss(batch.graph, batch.absent, generator)
            set_learning_rates(optimizer, [self.learning_rate], share_done(self, batch))
            optimizer.zero_grad()
            self.manual_backward(loss)
            optimizer.step()
        self.log_dict({"train/loss": loss.detach(), **logged}, batch_size=1)

    def _loss(
        self, graph: MessageGraph, absent: AbsentPairs, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        views = self._hide(graph)
        view, hidden = views[self.global_step % len(views)]
        drawn = absent.sample(self.negatives * hidden.shape[1], generator)
        roles, latent = self._latent(view)
        factors = self._factors(latent.sample(generator), roles)
        logits = _logits(factors, torch.cat([hidden, drawn], dim=1))
        fit = reconstruction_loss(*logits.tensor_split([hidden.shape[1]]))
        loss, logged = fit, {"train/reconstruction": fit.detach()}
        if latent.log_std is not None:
            weight = 1 / graph.num_neurons if self.kl_weight is None else self.kl_weight
            divergence = kl_divergence(latent.mean, latent.log_std)
            loss, logged = loss + weight * divergence, logged | {"train/kl": divergence.detach()}
        return loss, logged

    def _latent(self, view: View) -> tuple[Roles, Latent]:
        assert self.encoder is not None, "call build() first"
        roles: Roles = self.encoder(view)
        mean, *rest = roles.heads
        return roles, Latent(mean, rest[0].clamp(max=MAX_LOG_STD) if rest else None)

    def _factors(self, latent: Tensor, roles: Roles) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Factors as sender and receiver ``[N, d]``, and biases ``[N]`` of the two."""
        sides = latent.chunk(self.sides, dim=1)
        source, target = sides[0], sides[-1]
        if self.signs is not None:
            target = target * self.signs
        sender, receiver = roles.biases[:, 0], roles.biases[:, 1]
        if self.sides == 1:
            receiver = sender
        return source, target, sender, receiver

    @torch.no_grad()
    def embed(self, graph: MessageGraph) -> Embedding:
        """Posterior means; of any graph that is directed if the one it was trained on was.

        Raises:
            InputError: for a graph of the other kind.
        """
        if (2 if graph.directed else 1) != self.sides:
            kinds = ("undirected", "directed")
            raise InputError(
                f"{self.method}: trained on {kinds[self.sides - 1]} links, and asked to embed "
                f"{kinds[graph.directed]} ones; use the same split.directed for both"
            )
        with torch.autocast(self.device.type, enabled=False):
            roles, latent = self._latent(self._see(graph))
            factors = self._factors(latent.mean, roles)
        source, target, sender, receiver = (part.float().cpu().contiguous() for part in factors)
        return Embedding(
            method=self.method,
            neuron_ids=graph.neuron_ids,
            source=source,
            target=target,
            source_bias=sender,
            target_bias=receiver,
            log_std=None if latent.log_std is None else latent.log_std.float().cpu(),
            shared=latent.mean.float().cpu().contiguous(),
        )

    def _see(self, graph: MessageGraph) -> View:
        """What the encoder sees of ``graph``, kept for as long as the same one comes in."""
        if self._seen is None or self._seen[0] is not graph:
            self._seen = (graph, view_of(graph))
        return self._seen[1]

    def _hide(self, graph: MessageGraph) -> list[tuple[View, Tensor]]:
        """Views with part of the links hidden, and those links; made once, from the seed alone."""
        if self._masked is None or self._masked[0] is not graph:
            draws = (step_generator(self.seed, k, 0, "cpu", MASKS) for k in range(self.views))
            hidden = [hide_links(graph, self.hidden_links, draw) for draw in draws]
            views = [(view_of(seen), links) for seen, links in hidden]
            self._masked = (graph, views)
        return self._masked[1]


def _logits(factors: tuple[Tensor, Tensor, Tensor, Tensor], pairs: Tensor) -> Tensor:
    source, target, sender, receiver = factors
    first, second = pairs
    product = source.index_select(0, first) * target.index_select(0, second)
    return product.sum(dim=1) + sender.index_select(0, first) + receiver.index_select(0, second)
