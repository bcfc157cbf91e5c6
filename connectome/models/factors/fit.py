"""A fit of free factors by alternating Newton steps, a sweep of all neurons at a time."""

from dataclasses import dataclass

import torch

from connectome.models.factors.newton import sweep
from connectome.models.factors.parts import Columns, Factors, Penalty, Side
from connectome.models.factors.recipes import LARGE, Recipe
from connectome.models.losses import LikelihoodSettings, PairWeights
from connectome.types import MessageGraph

COLUMNS = 2048  # that stand for all of a large brain, unless the likelihood says otherwise
CURVED = 256  # columns that stand for all in the curvatures
SHRINK = 2.0  # sweeps before steps shrink, where columns are drawn: their noise averages out as
# lengths of SHRINK / k do (Robbins & Monro 1951, https://doi.org/10.1214/aoms/1177729586)
SPENT = 1.2e-3  # gain of such a sweep, of the first one's, that is not worth another


@dataclass(frozen=True, eq=False)
class NewtonFit:
    """What follows from a graph and the settings of a model.

    Attributes:
        graph: with the links.
        weights: of the pairs.
        sides: senders and receivers.
        penalty: of the factors.
        recipe: of what compares them.
        columns: how many columns are drawn for a half sweep; None takes all.
    """

    graph: MessageGraph
    weights: PairWeights
    sides: tuple[Side, Side]
    penalty: Penalty
    recipe: Recipe
    columns: int | None

    @classmethod
    def of(
        cls,
        graph: MessageGraph,
        likelihood: LikelihoodSettings,
        l2: float | None,
        bias_l2: float | None,
        dropout: float,
        recipe: Recipe,
    ) -> "NewtonFit":
        """With the penalties of a mean over neurons, as an optimiser of steps has them."""
        weights, n = PairWeights.of(graph, likelihood), graph.num_neurons
        scale = weights.total / n
        own = recipe.usual
        penalty = Penalty(
            own.factors if own and l2 is None else (l2 or 0.0) * scale,
            own.biases if own and bias_l2 is None else (bias_l2 or 0.0) * scale,
            dropout,
        )
        usual = COLUMNS if n > LARGE else None
        columns = likelihood.columns or usual
        sides = Side.both(graph.edge_index, weights)
        some = columns if columns and columns < n else None
        return cls(graph, weights, sides, penalty, recipe, some)

    def start(self, latent_dim: int, seed: int) -> Factors:
        """Where the first sweep begins."""
        generator = torch.Generator().manual_seed(seed)
        return self.recipe.start(self.graph.edge_index, self.weights, latent_dim, generator)

    def sweep(self, own: Factors, done: int, seed: int, generator: torch.Generator) -> float:
        """Sweep once, in place; the decrement, a link of mean weight.

        Args:
            own: factors and biases, changed in place.
            done: sweeps before this one; the first one begins elsewhere.
            seed: of where that is.
            generator: of the columns.
        """
        begin = Factors(*(part.float() for part in vars(own).values()))
        begin = begin if done else self.start(own.sent.shape[1], seed)
        columns, curved = (self._columns(count, generator) for count in (self.columns, CURVED))
        moved, decrement = sweep(
            begin, self.sides, self.penalty, columns, curved, self.stretch(done), self.recipe
        )
        for mine, new in zip(vars(own).values(), vars(moved).values(), strict=True):
            mine.copy_(new)
        return decrement / self.weights.total

    def ends(self, decrement: float, first: float, latent_dim: int, done: int) -> bool:
        """Whether a sweep that ``done`` others have preceded gained too little for another one.

        Args:
            decrement: of that sweep, a link of mean weight.
            first: the same of the first sweep.
            latent_dim: ``d``.
            done: sweeps before it.
        """
        if self.columns is None:
            return decrement < self.recipe.limit(latent_dim)
        return decrement * self.stretch(done) < SPENT * first

    def stretch(self, done: int) -> float:
        """Of the steps of a sweep that ``done`` others have preceded."""
        if self.columns is None:
            return self.recipe.stretch if done >= self.recipe.plain else 1.0
        return min(1.0, SHRINK / max(done, 1))

    def _columns(self, count: int | None, generator: torch.Generator) -> tuple[Columns, Columns]:
        degrees = self.weights.receiver, self.weights.sender
        there, back = (Columns.draw(degree, count, generator) for degree in degrees)
        return there, back
