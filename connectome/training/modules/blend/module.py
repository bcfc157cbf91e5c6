"""A stack of link scores as a LightningModule, whose weights come from links that no part saw."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from connectome.data.neurons import homologs
from connectome.data.splits import WHOLE, HeldAgain, hold_out_again
from connectome.models.factors import LARGE, Factors, stack_weights
from connectome.models.losses import DistanceSettings, ProductSettings
from connectome.scores import Blend
from connectome.training.batching import TrainBatch
from connectome.training.modules.base import UNTRAINED, EmbeddingModule, check_latent_dim
from connectome.training.modules.blend.parts import (
    DISTANCE,
    PRODUCT,
    Parts,
    fit_factors,
    without,
)
from connectome.training.modules.names import blend_name
from connectome.training.options import check_numbers, plain_options
from connectome.types import Connectome, InputError, LinkSplit, MessageGraph, NotApplicableError

# Protocols under which a held-out link may have the evidence in training, as other links do.
OPEN = {"mirror": ("random", "reciprocal", WHOLE), "reverse": ("random",)}
TOGETHER = {"mirror": "mirror images", "reverse": "both directions of a pair"}
INSTEAD = {"mirror": "reciprocal", "reverse": "random"}  # protocols
WEIGHED = (DISTANCE, PRODUCT, "paths", *OPEN)
PARTS = ("sent", "received", "sender", "receiver")  # of factors
MOST_LINKS = 20_000  # that weights are fitted to: more do not change half a dozen numbers


class BlendModule(EmbeddingModule):
    """Distance, product and weighted paths of length three, as one logit with fitted weights.

    Some training links are held out once more, by the protocol of the split. The parts are fitted
    to the rest; a logistic regression on those links and on pairs without a link weighs their
    scores. Then the parts are fitted to all training links. Validation and test links are not
    looked at, and nothing is chosen by them. Factors are those of ``directed_distance`` and
    ``directed_factor`` by Newton steps.

    Args:
        latent_dim: number of latent dimensions ``d`` of all parts together.
        product_share: of the dimensions, rounded to whole ones, that are compared by product;
            the others are compared by distance. None: 0 up to 8,192 neurons, and 1 above, where
            distances by Newton steps are not as good.
        evidence: what else counts: ``mirror``, the training edge between the homologs of both
            neurons, and ``reverse``, the one in the other direction. Each is refused where the
            protocol holds it out together with the link, since its absence would tell.
        held_share: of the training links, held out once more.
        negatives: pairs without a training link for each of those.
        distance, product: what links and absent pairs weigh in either part.
        seed: of what is held out once more, and of the parts.

    Raises:
        InputError: for values out of range, and unknown evidence.
    """

    trainer_limits: ClassVar[dict[str, Any]] = UNTRAINED

    def __init__(
        self,
        latent_dim: int,
        product_share: float | None = None,
        evidence: Sequence[str] = (),
        held_share: float = 0.1,
        negatives: int = 20,
        distance: DistanceSettings = DistanceSettings(30, 2.1, 0.4),
        product: ProductSettings = ProductSettings(30, 1.0, 0.3),
        seed: int = 0,
    ) -> None:
        options = plain_options(locals()) | {"evidence": list(evidence)}
        super().__init__()
        self.save_hyperparameters(options)
        check_numbers(options)
        if product_share is not None and not 0 <= product_share <= 1:
            raise InputError(f"model.product_share={product_share}: must be between 0 and 1")
        if not 0 < held_share < 1:
            raise InputError(f"model.held_share={held_share}: must lie strictly between 0 and 1")
        for name in evidence:
            if name not in OPEN or list(evidence).count(name) > 1:
                raise InputError(
                    f"model.evidence={list(evidence)}: choose among {', '.join(OPEN)}, each once"
                )
        self.latent_dim = latent_dim
        self.product_share = product_share
        self.evidence = tuple(name for name in OPEN if name in evidence)
        self.held_share, self.negatives, self.seed = held_share, negatives, seed
        self.likelihoods = {DISTANCE: distance, PRODUCT: product}
        self.widths: dict[str, int] = {}
        self.factors: nn.ParameterDict | None = None
        self.weights: Tensor
        self.offset: Tensor
        self.floor: Tensor
        self.homologs: Tensor | None = None

    @property
    def method(self) -> str:
        """``directed_blend``, with the share of products, if it was given, and the evidence."""
        return blend_name(self.product_share, self.evidence)

    def dealt(self, num_neurons: int) -> dict[str, int]:
        """Dimensions of each part that has any, in a graph of ``num_neurons``."""
        usual = 0.0 if num_neurons <= LARGE else 1.0
        share = usual if self.product_share is None else self.product_share
        products = round(share * self.latent_dim)
        widths = {DISTANCE: self.latent_dim - products, PRODUCT: products}
        return {name: width for name, width in widths.items() if width}

    def require_fit(self, connectome: Connectome, split: LinkSplit) -> None:
        """Refuse evidence that the split or the data do not allow.

        Raises:
            NotApplicableError: if the protocol holds it out together with a link, and for homologs
                that nobody named, or that were found from the wiring.
        """
        for name in self.evidence:
            if split.protocol not in OPEN[name]:
                raise NotApplicableError(
                    f"model.evidence=[{name}]: split.protocol={split.protocol} holds "
                    f"{TOGETHER[name]} out together, so that an absent one would give a held-out "
                    f"link away; use split.protocol={INSTEAD[name]}, or model.evidence=[]"
                )
        if "mirror" in self.evidence:
            homologs(connectome)
            if connectome.found_pairs:
                raise NotApplicableError(
                    "model.evidence=[mirror]: data.pairs were found from all links, held-out ones "
                    "too; use a neuron table with pair_id, or model.evidence=[]"
                )

    def build(self, graph: MessageGraph) -> None:
        """Make room for the factors and the weights.

        Raises:
            NotApplicableError: for undirected links, and without synapse counts.
        """
        if self.factors is not None:
            return
        check_latent_dim(self.latent_dim, graph)
        if not graph.directed:
            raise NotApplicableError(
                f"{self.method}: tells directions apart, and the split does not; set "
                "split.directed=true"
            )
        if graph.synapses is None:
            raise NotApplicableError(f"{self.method}: the graph has no synapse counts")
        n = graph.num_neurons
        self.widths = self.dealt(n)
        self.factors = nn.ParameterDict()
        for name, width in self.widths.items():
            for part in PARTS:
                size = (n, width) if part in ("sent", "received") else (n,)
                self.factors[f"{name}_{part}"] = nn.Parameter(torch.zeros(size), False)
        self.register_buffer("weights", torch.zeros(len(WEIGHED)))
        self.register_buffer("offset", torch.tensor(0.0))
        self.register_buffer("floor", torch.tensor(1.0))
        if "mirror" in self.evidence:
            del self.homologs
            self.register_buffer("homologs", torch.arange(n))

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """None: no gradient is followed."""
        return None

    @torch.no_grad()
    def training_step(self, batch: TrainBatch, batch_idx: int) -> None:
        """Weigh the parts on links held out once more, then fit them to all training links."""
        datamodule = self.trainer.datamodule  # type: ignore[attr-defined]
        again = hold_out_again(
            *(datamodule.split, datamodule.connectome, self.held_share),
            *(self.negatives, MOST_LINKS, self.seed),
        )
        if self.homologs is not None:
            found = homologs(datamodule.connectome)
            own = torch.arange(len(found))
            self.homologs.copy_(torch.where(found < 0, own, found))
        with torch.autocast(self.device.type, enabled=False):
            self._weigh(self._fit(without(batch.graph, again.held)), again)
            fitted = self._fit(batch.graph).factors
        assert self.factors is not None
        for name, of_name in fitted.items():
            for part in PARTS:
                self.factors[f"{name}_{part}"].copy_(getattr(of_name, part))

    def _fit(self, graph: MessageGraph) -> Parts:
        factors = {
            name: fit_factors(graph, name, self.likelihoods[name], width, self.seed)
            for name, width in self.widths.items()
        }
        own = None if self.homologs is None else self.homologs.cpu()
        return Parts.of(graph, factors, own, self.evidence)

    def _weigh(self, parts: Parts, again: HeldAgain) -> None:
        floor = parts.floor(again.links)
        pairs = torch.cat([again.links, again.negatives], dim=1)
        linked = np.arange(pairs.shape[1]) < again.links.shape[1]
        weights, offset = stack_weights(parts.columns(pairs, floor), linked)
        self.floor.fill_(floor)
        self.offset.fill_(offset)
        for name, weight in zip(parts.names, weights, strict=True):
            self.weights[WEIGHED.index(name)] = float(weight)

    @torch.no_grad()
    def embed(self, graph: MessageGraph) -> Blend:
        """The factors of all parts, scaled by their weights, beside the training graph."""
        weights = dict(zip(WEIGHED, self.weights.double().tolist(), strict=True))
        assert graph.synapses is not None
        n, parts = graph.num_neurons, {name: self._own(name) for name in self.widths}
        # What a product weighs goes into both factors, what a distance weighs is a scale.
        roots = {DISTANCE: 1.0, PRODUCT: weights[PRODUCT] ** 0.5}
        sides = {
            side: torch.cat([roots[k] * getattr(own, side) for k, own in parts.items()], dim=1)
            for side in ("sent", "received")
        }
        sender, receiver = (
            sum((weights[k] * getattr(own, side) for k, own in parts.items()), torch.zeros(n))
            for side in ("sender", "receiver")
        )
        return Blend(
            method=self.method,
            neuron_ids=graph.neuron_ids,
            source=sides["sent"],
            target=sides["received"],
            score=DISTANCE,
            source_bias=sender,
            target_bias=receiver,
            scale=weights[DISTANCE],
            offset=float(self.offset),
            products=self.widths.get(PRODUCT, 0),
            edge_index=graph.edge_index.cpu(),
            synapses=graph.synapses.cpu(),
            path_weight=weights["paths"],
            path_floor=float(self.floor),
            mirror_weight=weights["mirror"],
            reverse_weight=weights["reverse"],
            homologs=None if self.homologs is None else self.homologs.cpu(),
        )

    def _own(self, name: str) -> Factors:
        assert self.factors is not None
        return Factors(*(self.factors[f"{name}_{part}"].detach().float().cpu() for part in PARTS))

    def measures(self, graph: MessageGraph) -> dict[str, float]:
        """``weight_distance``, ``weight_paths`` and so on: what each score weighs."""
        weights = dict(zip(WEIGHED, self.weights.tolist(), strict=True))
        names = (*self.widths, "paths", *self.evidence)
        return {f"weight_{'product' if n == PRODUCT else n}": weights[n] for n in names}
