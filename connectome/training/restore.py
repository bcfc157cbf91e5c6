"""From a checkpoint back to an embedding."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectome.scores import Scorer
from connectome.training.checkpoints import KEY, read_checkpoint, require_same_data
from connectome.training.datamodule import LinkDataModule
from connectome.training.module import EmbeddingModule
from connectome.types import InputError


@dataclass(frozen=True, eq=False)
class Restored:
    """What a checkpoint stands for.

    Attributes:
        config: the configuration it was trained with.
        datamodule: data and split, made anew.
        module: the method, with the stored weights.
        scorer: what they make of the training graph.
    """

    config: dict[str, Any]
    datamodule: LinkDataModule
    module: EmbeddingModule
    scorer: Scorer


def restore(
    path: Path, build: Callable[[dict[str, Any]], Any], data: dict[str, Any] | None = None
) -> Restored:
    """Rebuild data, split and method from the configuration in a checkpoint, and embed.

    Args:
        path: the checkpoint.
        build: makes an object from its configuration.
        data: values that replace those of the stored data configuration, such as ``archive``.

    Raises:
        InputError: if the checkpoint is damaged or foreign, or the data are no longer the same.
    """
    checkpoint = read_checkpoint(path)
    record = checkpoint[KEY]
    config = record.get("config", {})
    if not {"data", "datamodule", "model"} <= set(config):
        raise InputError(f"{path}: its configuration is incomplete; give one made by train.py")
    stored = config["data"]
    if unknown := sorted(set(data or {}) - set(stored)):
        options = ", ".join(key for key in stored if not key.startswith("_"))
        raise InputError(
            f"+data.{unknown[0]}: {path} was trained on {stored['_target_']}, "
            f"whose options are {options or 'none'}; leave it out"
        )
    reader = stored | (data or {})
    datamodule: LinkDataModule = build(config["datamodule"] | {"connectome": reader})
    require_same_data(record, datamodule.fingerprints, str(path))
    module: EmbeddingModule = build(config["model"])
    module.in_blocks = datamodule.batch is not None
    module.build(datamodule.graph)
    module.on_load_checkpoint(checkpoint)
    for weight in checkpoint["state_dict"].values():
        if weight.is_floating_point():
            module.to(weight.dtype)  # trained in another precision, embedded in that precision
    try:
        module.load_state_dict(checkpoint["state_dict"])
    except RuntimeError as error:
        raise InputError(f"{path}: its weights do not fit its configuration ({error})") from error
    return Restored(config, datamodule, module, module.embed(datamodule.graph))
