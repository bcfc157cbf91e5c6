"""Optimiser steps on part of the graph, by one process or several."""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from connectome.models.nn import (
    HOPS,
    GraphAutoencoder,
    Sample,
    reconstruction_loss,
    rectangle,
    sampled_latent,
    sampled_logits,
    sparse_rows,
    tables,
    weighted_prior,
)
from connectome.training.batching import Draw, MiniBatches
from connectome.training.randomness import step_generator
from connectome.types import MessageGraph

if TYPE_CHECKING:
    from connectome.training.modules.autoencoder import AutoencoderModule


def sample_of(draw: Draw) -> Sample:
    """The matrices of a draw, in the order in which they are applied."""
    inputs = draw.hops[-1].inputs if draw.hops else draw.neurons
    hops = (
        rectangle(hop.starts, hop.columns, hop.weights, len(hop.inputs))
        for hop in reversed(draw.hops)
    )
    return Sample(draw.neurons, inputs, tuple(hops))


def row_optimizers(
    network: GraphAutoencoder, graph: MessageGraph, learning_rate: float
) -> list[torch.optim.Optimizer]:
    """Adam, and for tables of all neurons its sparse kind: rows that no step names stand still.

    Moments of such rows do not decay either, so that a step costs what its rows cost.
    """
    rows = tables(network, graph.features)
    ours = {id(parameter) for parameter in rows}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in ours]
    both: list[torch.optim.Optimizer] = []
    if rest:
        both.append(torch.optim.Adam(rest, lr=learning_rate))
    if rows:
        both.append(torch.optim.SparseAdam(rows, lr=learning_rate))
    return both


def train_on_samples(module: "AutoencoderModule", batch: MiniBatches) -> dict[str, Any]:
    """Take ``batch.steps`` optimiser steps, each on a draw of its own.

    Returns:
        What to log of the last one.
    """
    network, wrapped = module.network, module.optimizers()
    assert network is not None
    first, *others = wrapped if isinstance(wrapped, list) else [wrapped]
    logged: dict[str, Any] = {}
    for _ in range(batch.steps):
        step = module.global_step
        generator = step_generator(module.seed, step, batch.rank, module.device)
        hops = HOPS[type(network.encoder)]
        draw = batch.draw(step, module.seed, hops, generator)
        loss, logged = _loss(module, network, batch, draw, generator)
        for optimizer in (first, *others):
            optimizer.zero_grad()
        alone = batch.world == 1
        # DDP would average whole tables; the rows of a step are all that there is to exchange.
        apart: Any = nullcontext() if alone else module.trainer.strategy.block_backward_sync()  # type: ignore[attr-defined]
        with apart:
            module.manual_backward(loss)
        if not alone:
            average_gradients(list(network.parameters()))
        first.step()  # through Lightning, which counts it as the one step that it is
        for optimizer in others:
            optimizer.optimizer.step()
    return logged


def _loss(
    module: "AutoencoderModule",
    network: GraphAutoencoder,
    batch: MiniBatches,
    draw: Draw,
    generator: torch.Generator,
) -> tuple[Tensor, dict[str, Any]]:
    latent = sampled_latent(network, sample_of(draw), batch.features, generator)
    drawn = latent.sample(generator)
    pairs = torch.cat([draw.positives, draw.negatives], dim=1)
    logits = sampled_logits(network, drawn, draw.neurons, pairs)
    loss = reconstruction_loss(*logits.tensor_split([draw.positives.shape[1]]))
    logged: dict[str, Any] = {"train/reconstruction": loss.detach()}
    if latent.log_std is not None or module.l2 > 0:
        divergence, squares = weighted_prior(latent, draw.ends, draw.weights)
        if latent.log_std is not None:
            weight = module.current_kl_weight(batch.graph.num_neurons)
            loss = loss + weight * divergence
            logged |= {"train/kl": divergence.detach(), "train/kl_weight": weight}
        loss = loss + module.l2 * squares
    return loss, {"train/loss": loss.detach(), **logged}


def average_gradients(parameters: list[nn.Parameter]) -> None:
    """Replace every gradient by its mean over the processes.

    Dense ones are summed in one message. Of sparse ones the rows travel, padded to the most that a
    process has; sums are in the order of the processes, so all end with the same bits.
    """
    world = dist.get_world_size()
    given = [p for p in parameters if p.grad is not None]
    dense = [p.grad for p in given if p.grad is not None and not p.grad.is_sparse]
    if dense:
        flat = torch.cat([gradient.flatten() for gradient in dense])
        dist.all_reduce(flat)
        parts = (flat / world).split([gradient.numel() for gradient in dense])
        for gradient, part in zip(dense, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
    for parameter in given:
        if parameter.grad is not None and parameter.grad.is_sparse:
            parameter.grad = _sum_of_rows(parameter.grad.coalesce()) / world


def _sum_of_rows(gradient: Tensor) -> Tensor:
    rows, values = gradient.indices()[0], gradient.values()
    counts = [torch.empty_like(rows[:1]) for _ in range(dist.get_world_size())]
    dist.all_gather(counts, rows.new_tensor([len(rows)]))
    sizes = [int(count) for count in counts]
    all_rows = torch.cat(_gathered(rows, sizes))
    all_values = torch.cat(_gathered(values, sizes))
    unique, place = all_rows.unique(return_inverse=True)
    summed = torch.zeros((len(unique), *values.shape[1:]), dtype=values.dtype, device=values.device)
    return sparse_rows(unique, summed.index_add_(0, place, all_values), gradient.shape)


def _gathered(part: Tensor, sizes: list[int]) -> list[Tensor]:
    """``part`` of every process, ``sizes[r]`` rows of process ``r``."""
    most = max(sizes)
    padded = part.new_zeros((most, *part.shape[1:]))
    padded[: len(part)] = part
    received = [torch.empty_like(padded) for _ in sizes]
    dist.all_gather(received, padded)
    return [one[:size] for one, size in zip(received, sizes, strict=True)]
