from types import SimpleNamespace

import pytest
import torch

from connectome.data.splits import SplitConfig, graph_hash, whole_graph
from connectome.training.batching import LinkDataModule
from connectome.types import Connectome, InputError


def rows(pairs: torch.Tensor) -> list[tuple[int, ...]]:
    return [tuple(pair) for pair in pairs.T.tolist()]


def test_one_batch_of_several_steps(tiny: Connectome) -> None:
    datamodule = LinkDataModule(tiny, SplitConfig(), steps_per_epoch=7)
    [batch] = list(datamodule.train_dataloader())
    assert (batch.steps, len(datamodule.train_dataloader())) == (7, 1)
    assert sorted(rows(batch.positives)) == sorted(rows(datamodule.split.train))


@pytest.mark.parametrize("world", [2, 3])
def test_processes_share_the_links_out(tiny: Connectome, world: int) -> None:
    datamodule = LinkDataModule(tiny, SplitConfig(), steps_per_epoch=7)
    shares = []
    for rank in range(world):
        datamodule.trainer = SimpleNamespace(global_rank=rank, world_size=world)  # type: ignore[assignment]
        batches = list(datamodule.train_dataloader())
        # DDP averages gradients once a batch, so a batch must be one step
        assert [batch.steps for batch in batches] == [1] * 7
        assert batches[0].rank == rank
        shares += rows(batches[0].positives)
    assert sorted(shares) == sorted(rows(datamodule.split.train))


def test_training_negatives_may_be_held_out_links_but_never_training_links(
    tiny: Connectome,
) -> None:
    datamodule = LinkDataModule(tiny, SplitConfig(), steps_per_epoch=1)
    [batch] = list(datamodule.train_dataloader())
    negatives = batch.absent.sample(20_000, torch.Generator().manual_seed(0))
    drawn = {(min(pair), max(pair)) for pair in rows(negatives)}
    assert not drawn & set(rows(datamodule.split.train))
    # excluding them would tell the model where the test links are
    assert drawn & set(rows(datamodule.split.test))


def test_models_see_training_edges_only(tiny: Connectome) -> None:
    datamodule = LinkDataModule(tiny, SplitConfig(), steps_per_epoch=1)
    loaders = (
        datamodule.train_dataloader(),
        datamodule.val_dataloader(),
        datamodule.test_dataloader(),
    )
    for loader in loaders:
        [batch] = list(loader)
        assert torch.equal(batch.graph.edge_index, datamodule.split.message_edges)


def test_batches_move_once(tiny: Connectome) -> None:
    datamodule = LinkDataModule(tiny, SplitConfig(), steps_per_epoch=1)
    [batch] = list(datamodule.train_dataloader())
    meta = torch.device("meta")
    moved = datamodule.transfer_batch_to_device(batch, meta, 0)
    assert moved.positives.device == meta
    assert moved is datamodule.transfer_batch_to_device(batch, meta, 0)


def test_bad_step_count_is_refused(tiny: Connectome) -> None:
    with pytest.raises(InputError, match="steps_per_epoch=0"):
        LinkDataModule(tiny, SplitConfig(), steps_per_epoch=0)


def test_audit_tells_the_graph_that_each_stage_is_handed(mushroom: Connectome) -> None:
    module = LinkDataModule(mushroom, SplitConfig(), steps_per_epoch=1)
    assert set(module.audit.graph_seen) == {"training", "val", "test"}
    assert set(module.audit.graph_seen.values()) == {graph_hash(module.graph)}
    assert graph_hash(whole_graph(mushroom, directed=False)) != graph_hash(module.graph)
