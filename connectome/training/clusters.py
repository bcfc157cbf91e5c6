"""Mini-batches of clusters of neurons."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import scipy.sparse as sp
import torch
from torch import Tensor

from connectome.data import AbsentPairs
from connectome.data.sampling import induced_hop, links_among
from connectome.models import balanced_clusters
from connectome.training.batches import Draw, MiniBatches, messages_of
from connectome.types import InputError, LinkSplit, MessageGraph


@dataclass(frozen=True)
class ClusterBatches:
    """Some clusters of neurons a step, with the links among those: Cluster-GCN.

    Chiang et al. 2019 (arXiv:1905.07953). Messages are exact inside the batch, and normalised by
    the degrees there. Biased: a link between two clusters is seen only when both are drawn, and
    negatives come from within the batch, so they are harder than uniform ones.

    Attributes:
        clusters: how many clusters of equal size to cut the neurons into (Leiden communities,
            :func:`connectome.models.balanced_clusters`).
        per_batch: clusters of a step, in each process.
        seed: of the clustering.
    """

    clusters: int = 50
    per_batch: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.per_batch < 1:
            raise InputError(f"batch.per_batch={self.per_batch}: must be at least 1")

    def source(
        self, graph: MessageGraph, split: LinkSplit, steps: int, rank: int = 0, world: int = 1
    ) -> MiniBatches:
        """Batches of this kind.

        Raises:
            InputError: if there are too few clusters, or too few neurons for them.
        """
        if self.per_batch * world > self.clusters:
            raise InputError(
                f"batch.per_batch={self.per_batch}: {world} process(es) share "
                f"{self.clusters} clusters; choose fewer, or more batch.clusters"
            )
        if self.clusters > graph.num_neurons:
            raise InputError(
                f"batch.clusters={self.clusters}: there are {graph.num_neurons} neurons; "
                "choose fewer"
            )
        return ClusterSource(self, graph, split, steps, rank, world)


class ClusterSource(MiniBatches):
    """Batches of clusters; ``config`` says how many, the rest is as in :class:`MiniBatches`."""

    def __init__(self, config: ClusterBatches, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self.config = config

    def to(self, device: torch.device) -> "ClusterSource":
        """The same batches on ``device``."""
        if device == self.device:
            return self
        where = (self.graph, self.split, self.steps, self.rank, self.world, device)
        return ClusterSource(self.config, *where)

    @cached_property
    def members(self) -> list[Tensor]:
        """Neurons of each cluster."""
        cluster = clusters_of(self.graph, self.config.clusters, self.config.seed)
        order = cluster.argsort(stable=True).to(self.device)
        return list(order.split(torch.bincount(cluster).tolist()))

    def draw(self, step: int, seed: int, hops: int, generator: torch.Generator) -> Draw:
        """All links inside the clusters of one step, and as many absent pairs from inside."""
        neurons = self.members_of(step, seed)
        positives = links_among(self.links, neurons)
        if positives.shape[1] == 0:
            raise InputError(
                f"batch.clusters={self.config.clusters}: no training link inside the clusters of "
                "a step; choose fewer clusters, or more of them per_batch"
            )
        absent = AbsentPairs.of(positives, len(neurons), self.split.directed)
        return Draw(
            neurons=neurons,
            positives=positives,
            negatives=absent.sample(positives.shape[1], generator),
            hops=[induced_hop(self.messages, neurons)] * hops,
            ends=torch.arange(len(neurons), device=self.device),
            weights=torch.ones(len(neurons), device=self.device),
        )

    def members_of(self, step: int, seed: int) -> Tensor:
        """``[S]`` int64, neurons of the clusters of one step, sorted.

        In a pass every cluster is drawn once, but for those that no longer fill a batch.
        """
        count = self.config.per_batch
        turn, part = divmod(step, self.config.clusters // (count * self.world))
        order = self._ordered(seed, turn, 0, self.config.clusters)  # shared by all processes
        first = (part * self.world + self.rank) * count
        chosen = order[first : first + count].tolist()
        return torch.cat([self.members[cluster] for cluster in chosen]).sort().values


@lru_cache(maxsize=2)
def clusters_of(graph: MessageGraph, clusters: int, seed: int) -> Tensor:
    """``[N]`` int64, the cluster of each neuron of ``graph``."""
    messages = messages_of(graph)
    data = torch.ones(messages.num_links, dtype=torch.float32).numpy()
    compressed = (data, messages.ends.numpy(), messages.starts.numpy())
    shape = (graph.num_neurons, graph.num_neurons)
    adjacency = sp.csr_array(compressed, shape=shape)
    return torch.from_numpy(balanced_clusters(adjacency, clusters, seed))
