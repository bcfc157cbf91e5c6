from typing import Any

import numpy as np
import pytest

from connectome.data.splits import SplitConfig, make_evaluation_pairs
from connectome.metrics.links import scorer_metrics
from connectome.training.batching import LinkDataModule
from connectome.training.modules.untrained import HeuristicModule
from connectome.types import Connectome, InputError

BOTH = ("val/auc", "val/auc_degree_matched")


@pytest.fixture(scope="module")
def datamodule(mushroom: Connectome) -> LinkDataModule:
    return LinkDataModule(mushroom, SplitConfig(directed=True, seed=100), 5, objective=BOTH)


def test_objective_is_the_mean_of_what_it_names(datamodule: LinkDataModule) -> None:
    scorer = HeuristicModule("preferential_attachment").embed(datamodule.graph)
    split = datamodule.split
    uniform = scorer_metrics(scorer, split.val, split.val_negatives)
    values = datamodule.objective.measure(scorer, uniform)
    evaluation = make_evaluation_pairs(datamodule.connectome, split, "degree_matched", "val")
    matched = scorer_metrics(scorer, evaluation.positives, evaluation.negatives)
    assert values["val/auc"] == uniform.auc
    assert values["val/auc_degree_matched"] == matched.auc
    assert values["val/ap_degree_matched"] == matched.ap
    assert values["val/objective"] == pytest.approx((uniform.auc + matched.auc) / 2)
    assert matched.auc < uniform.auc - 0.1  # degrees alone say little there


def test_nothing_of_the_test_part_is_drawn(datamodule: LinkDataModule) -> None:
    held = np.asarray(datamodule.split.test)
    test = {(int(a), int(b)) for a, b in held.T}
    assert datamodule.objective.evaluation_pairs
    for evaluation in datamodule.objective.evaluation_pairs.values():
        pairs = np.concatenate([evaluation.positives, evaluation.negatives], axis=1)
        assert not test & {(int(a), int(b)) for a, b in pairs.T}


def test_usual_objective_is_the_auc(mushroom: Connectome) -> None:
    datamodule = LinkDataModule(mushroom, SplitConfig(), 5)
    scorer = HeuristicModule("preferential_attachment").embed(datamodule.graph)
    uniform = scorer_metrics(scorer, datamodule.split.val, datamodule.split.val_negatives)
    values = datamodule.objective.measure(scorer, uniform)
    assert values == {
        "val/auc": uniform.auc,
        "val/ap": uniform.ap,
        "val/objective": uniform.auc,
    }


@pytest.mark.parametrize(
    "name", ["auc", "test/auc", "val/mrr", "val/auc_nearby", "val/auc_hardest"]
)
def test_unknown_metrics_are_named(name: str, tiny: Connectome) -> None:
    with pytest.raises(InputError, match=rf"objective=\[{name}\]: choose among val/auc, val/ap"):
        LinkDataModule(tiny, SplitConfig(), 5, objective=[name])


def test_no_metric_is_refused(tiny: Connectome) -> None:
    nothing: list[Any] = []
    with pytest.raises(InputError, match=r"objective=\[\]: name at least one"):
        LinkDataModule(tiny, SplitConfig(), 5, objective=nothing)
