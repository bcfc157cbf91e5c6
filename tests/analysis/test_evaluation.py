import numpy as np
import pytest
import torch

from connectome.analysis.leaderboard import score_test
from connectome.scores import Embedding
from connectome.types import InputError, LinkSplit


def test_embedding_and_split_must_be_of_one_graph(mushroom_split: LinkSplit) -> None:
    source = torch.ones(5, 2)
    with pytest.raises(InputError, match="embedding of 5 neurons, split of 213"):
        score_test(Embedding("m", np.arange(5), source, source), mushroom_split)


def test_perfect_embedding_scores_one(mushroom_split: LinkSplit) -> None:
    # one dimension a test link: its two neurons have a one there
    count = mushroom_split.test.shape[1]
    source = torch.zeros(213, count)
    source[mushroom_split.test[0], torch.arange(count)] = 1
    source[mushroom_split.test[1], torch.arange(count)] = 1
    metrics = score_test(Embedding("m", np.arange(213), source, source), mushroom_split)
    assert metrics.auc == 1.0
    assert metrics.ap == 1.0
