"""Free factors fitted by alternating Newton steps: a training step is a sweep of all neurons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from connectome.models.factors import LARGE, RECIPES, Factors, NewtonFit
from connectome.models.losses import LikelihoodSettings
from connectome.models.nn import HeadSettings, NetworkSettings, PosteriorSettings
from connectome.training.batching import TrainBatch
from connectome.training.randomness import step_generator
from connectome.types import InputError, MessageGraph, NotApplicableError

PRODUCT = "inner_product"
BIAS_L2 = 5e-4
SOLVERS = ("auto", "adam", "newton")
MOST = 58.0  # dimensions at which half of them would be left out


def check_solver(solver: str, known: Sequence[str] = SOLVERS) -> None:
    """Refuse one that is not ``known``.

    Raises:
        InputError: naming those that are.
    """
    if solver not in known:
        raise InputError(f"model.solver={solver}: choose one of {', '.join(known)}")


def takes(wanted: str, solver: str, reasons: Mapping[str, bool], suits: bool) -> bool:
    """Whether the solver ``wanted`` is taken: by ``auto`` where it suits.

    Args:
        wanted: ``newton`` or another one that cannot be everywhere.
        solver: as chosen.
        reasons: what stands against it, in words, and whether it does.
        suits: whether ``auto`` may take it
            (:meth:`connectome.models.factors.recipes.Recipe.suits`).

    Raises:
        NotApplicableError: if it is asked for, and something stands against it.
    """
    against = next((reason for reason, holds in reasons.items() if holds), None)
    if against is not None and solver == wanted:
        raise NotApplicableError(
            f"model.solver={wanted}: {against}; set model.solver=auto, which takes one that can"
        )
    return against is None and (solver == wanted or (solver == "auto" and suits))


@dataclass(frozen=True, eq=False)
class Ways:
    """What a directed model is, as far as it stands against a solver.

    Attributes:
        network: what stands before the comparison.
        posterior: whether factors are distributions.
        heads: what is trained beside the links.
        decoder: what compares the factors.
        sides: 2 where sender and receiver have factors of their own.
        dropout: as it was said, or None.
        graph: with the training links.
    """

    network: NetworkSettings
    posterior: PosteriorSettings
    heads: HeadSettings
    decoder: str
    sides: int
    dropout: float | None
    graph: MessageGraph

    @property
    def against_newton(self) -> dict[str, bool]:
        """Reasons against Newton steps, in words, and whether they hold."""
        return {
            "networks stand before the comparison": not self.network.free,
            f"model.decoder={self.decoder} has no Newton steps": self.decoder not in RECIPES,
            "distances leave out no dimensions (model.dropout=null mends that)": bool(
                self.dropout and self.decoder != PRODUCT
            ),
        } | self._against_both

    @property
    def against_muon(self) -> dict[str, bool]:
        """Reasons against orthogonalised steps and jumps, likewise."""
        return {
            "no networks stand before the comparison": not self.network.layers,
            "messages pass before it (model.network.hops=0 mends that)": self.network.hops > 0,
            f"model.decoder={self.decoder} is no inner product": self.decoder != PRODUCT,
            "several brains are joined": bool(self.graph.member_sizes),
            f"there are more than {LARGE} neurons": self.graph.num_neurons > LARGE,
        } | self._against_both

    @property
    def _against_both(self) -> dict[str, bool]:
        return {
            "the model is variational": self.posterior.variational,
            "the split is undirected (split.directed=true mends that)": not self.graph.directed,
            "sender and receiver share their factors": self.sides == 1,
            "model.heads train beside the links": self.heads.any,
            "node features are added to the factors": self.graph.features is not None,
        }


def usual_dropout(latent_dim: int) -> float:
    """``p / (1 - p) = (d / 58)^2``: few dimensions need none, many need more than their share."""
    odds = (latent_dim / MOST) ** 2
    return odds / (1 + odds)


class NewtonSteps(nn.Module):
    """Sweeps of a module's factors, and what a resumed run must know of the last one.

    Args:
        likelihood: what links and absent pairs weigh.
        l2, bias_l2: weights of the mean squared length of factors, and of the mean squared bias;
            None leaves them to the comparison.
        dropout: share of the dimensions that is left out, in expectation.
        decoder: what compares the factors, one of :data:`connectome.models.factors.RECIPES`.
    """

    def __init__(
        self,
        likelihood: LikelihoodSettings,
        l2: float | None,
        bias_l2: float | None,
        dropout: float,
        decoder: str = "inner_product",
    ) -> None:
        super().__init__()
        self.recipe = RECIPES[decoder]
        self.settings = likelihood, l2, bias_l2, dropout, self.recipe
        self.first: Tensor
        self.converged: Tensor
        self.register_buffer("first", torch.tensor(float("inf")))
        self.register_buffer("converged", torch.tensor(False))
        self._fit: NewtonFit | None = None

    @classmethod
    def of(
        cls,
        given: tuple[float | None, float | None, LikelihoodSettings],
        usual: tuple[float, LikelihoodSettings],
        latent_dim: int,
        decoder: str,
    ) -> "NewtonSteps":
        """Of a directed model, with what suits the comparison where nothing is ``given``.

        Args:
            given: dropout, ``l2`` and weights of pairs.
            usual: ``l2`` and weights of Adam's steps.
            latent_dim: number of dimensions ``d``.
            decoder: what compares the factors.
        """
        (dropout, l2, likelihood), own = given, RECIPES[decoder].usual
        if own is not None:
            return cls(likelihood.completed(own.degree_share), l2, None, 0.0, decoder)
        chosen = usual_dropout(latent_dim) if dropout is None else dropout
        return cls(usual[1], usual[0], BIAS_L2, chosen, decoder)

    @torch.no_grad()
    def step(self, module: pl.LightningModule, batch: TrainBatch, own: Factors, seed: int) -> None:
        """One Newton step of every neuron; the last one if no other would gain anything.

        Args:
            module: in training.
            batch: with its graph.
            own: what the module learns, changed in place.
            seed: of the columns, and of where the first sweep begins.
        """
        generator = step_generator(seed, module.global_step, batch.rank, module.device)
        if self._fit is None or self._fit.graph is not batch.graph:
            self._fit = NewtonFit.of(batch.graph, *self.settings)
        with torch.autocast(module.device.type, enabled=False):
            decrement = self._fit.sweep(own, module.global_step, seed, generator)
        self._note(decrement, own.sent.shape[1], module.global_step)
        module.trainer.should_stop |= bool(self.converged)
        module.log("train/decrement", decrement, batch_size=1)

    def _note(self, decrement: float, latent_dim: int, done: int) -> None:
        assert self._fit is not None
        if self._fit.columns is not None and done == 0:
            self.first.fill_(decrement)
        self.converged.fill_(self._fit.ends(decrement, float(self.first), latent_dim, done))


class SolvedByNewton(pl.LightningModule):
    """A module that Newton steps train, where :attr:`newton` is not None."""

    newton: NewtonSteps | None

    def on_train_start(self) -> None:
        """Stop before the first sweep if the one before the interruption was the last."""
        if self.newton is not None and bool(self.newton.converged):
            self.trainer.should_stop = True
