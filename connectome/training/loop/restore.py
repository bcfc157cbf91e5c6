"""From a checkpoint back to an embedding."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectome.runs import (
    REMEDY,
    read_checkpoint,
    read_record,
    require_same_data,
    stored_data,
    using,
)
from connectome.scores import Scorer
from connectome.training.batching import LinkDataModule
from connectome.training.modules import EmbeddingModule
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
    path: Path,
    build: Callable[[dict[str, Any]], Any],
    data: dict[str, Any] | None = None,
    trust: Sequence[str] = (),
) -> Restored:
    """Rebuild data, split and method from the configuration in a checkpoint, and embed.

    The configuration may come from elsewhere: it names what to build, but only out of
    :data:`connectome.runs.stored_config.TARGETS`.

    Args:
        path: the checkpoint.
        build: makes an object from its configuration.
        data: values that replace those of the stored data configuration, such as ``archive``.
        trust: modules of your own whose classes the configuration may name, too.

    Raises:
        InputError: if the checkpoint is damaged or not to be trusted, or the data are no longer the
            same.
    """
    checkpoint = read_checkpoint(path)
    record = read_record(checkpoint, path)
    config = record["config"]
    reader = stored_data(config, data or {}, path, trust)
    with using(path):
        datamodule = build(config["datamodule"] | {"connectome": reader})
        if not isinstance(datamodule, LinkDataModule):
            raise InputError(f"datamodule is a {type(datamodule).__name__}; {REMEDY}")
        require_same_data(record, datamodule.fingerprints, str(path))
        module = build(config["model"])
        if not isinstance(module, EmbeddingModule):
            raise InputError(f"model is a {type(module).__name__}; {REMEDY}")
        scorer = _with_weights(module, datamodule, checkpoint)
    return Restored(config, datamodule, module, scorer)


def _with_weights(
    module: EmbeddingModule, datamodule: LinkDataModule, checkpoint: dict[str, Any]
) -> Scorer:
    """What ``module`` makes of the data with the stored weights.

    Raises:
        InputError: if they are others than the module has.
    """
    weights = checkpoint["state_dict"]
    module.in_blocks = datamodule.batch is not None
    module.build(datamodule.graph)
    try:
        module.on_load_checkpoint(checkpoint)
        for weight in weights.values():
            if weight.is_floating_point():
                module.to(weight.dtype)  # trained in another precision, embedded in that precision
        module.load_state_dict(weights)
        return module.embed(datamodule.graph)
    except (InputError, RuntimeError, KeyError, IndexError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"its weights do not fit its configuration ({reason}); {REMEDY}"
        ) from error
