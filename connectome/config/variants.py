"""Variants of methods: what an ablation takes out of one or exchanges, as one file lists them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from connectome.config.identity import FULL
from connectome.input_error import InputError

NONE = "none"  # the method as it is


@dataclass(frozen=True)
class Variant:
    """One variant.

    Attributes:
        name: what the command line calls it.
        means: what it is, in words.
        models: configurations in ``conf/model`` that it fits.
        changes: options of ``train.py`` and what it sets them to.
    """

    name: str
    means: str
    models: tuple[str, ...]
    changes: dict[str, Any]

    def require_fit(self, model: str) -> None:
        """Refuse a model that the variant is not of.

        Raises:
            InputError: naming the models that it fits.
        """
        if model not in self.models:
            raise InputError(
                f"variant={self.name}: fits model={','.join(self.models)}, not {model}; "
                f"take one of those, or variant={NONE}"
            )


@cache  # Hydra is told of them whenever a configuration is composed
def read_variants(path: Path) -> dict[str, Variant]:
    """The variants of a file such as ``conf/variants.yaml``, by name."""
    entries = OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    assert isinstance(entries, dict)
    return {str(name): _variant(str(name), entry) for name, entry in entries.items()}


def store_variants(variants: dict[str, Variant]) -> None:
    """Make the variants a group of Hydra: ``variant=NAME``."""
    nodes = {v.name: {"variant": v.means} | v.changes for v in variants.values()}
    for name, node in ({NONE: {"variant": FULL}} | nodes).items():
        ConfigStore.instance().store(name, node, group="variant", package="_global_")


def _variant(name: str, entry: dict[str, Any]) -> Variant:
    changes = {key: value for key, value in entry.items() if key not in ("means", "models")}
    return Variant(name, entry["means"], tuple(entry["models"]), changes)
