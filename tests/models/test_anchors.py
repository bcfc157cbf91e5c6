import numpy as np
import torch
from torch.nn import functional as F

from connectome.models import Anchors
from connectome.types import MessageGraph

PLACES = torch.tensor([[0.0, 1.0], [2.0, 0.0], [0.0, 3.0]])
EDGES = torch.tensor([[0, 1], [1, 2]])


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_unknown_classes_do_not_count() -> None:
    graph = MessageGraph(np.arange(3), EDGES, True, anchors=torch.tensor([1, -1, 0]))
    anchors = Anchors(graph, 2, 2.0, generator())
    assert anchors.classes is not None
    loss, _ = anchors(PLACES, graph)
    logits = PLACES[[0, 2]] @ anchors.classes
    expected = 2 * F.cross_entropy(logits, torch.tensor([1, 0]))
    torch.testing.assert_close(loss, expected)
