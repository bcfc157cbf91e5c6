"""The configuration in a run or a checkpoint, which may come from elsewhere: data, never code."""

import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from connectome.data.neurons import MATCHED
from connectome.runs.artifacts import CHECKPOINTS, CONFIG, PAIRS, REMEDY, missing
from connectome.types import InputError

# Groups of options of a model, by the name that they have there.
SETTINGS = {
    "network": "nn.architecture.NetworkSettings",
    "posterior": "nn.variational.PosteriorSettings",
    "likelihood": "losses.block_likelihood.LikelihoodSettings",
    "distance": "losses.block_likelihood.DistanceSettings",
    "product": "losses.block_likelihood.ProductSettings",
    "heads": "nn.edge_attribute_heads.HeadSettings",
    "optimizer": "nn.optimization.OptimizerSettings",
    "scheduler": "nn.optimization.SchedulerSettings",
}
READERS = (
    "readers.celegans.read_celegans",
    "readers.collection.read_collection",
    "readers.fanc.read_fanc",
    "readers.flywire.read_flywire_left_central",
    "readers.flywire.read_flywire_right",
    "readers.larva_brain.read_larva_brain",
    "readers.mushroom_body.read_mushroom_body",
    "readers.planetoid.read_planetoid",
    "readers.release.read_release",
    "readers.table.read_table",
    "synthetic.blockmodel.read_blockmodel",
)
MODULES = (
    "autoencoder.AutoencoderModule",
    "blend.module.BlendModule",
    "deepwalk.DeepWalkModule",
    "directed.DirectedAutoencoderModule",
    "inductive.InductiveModule",
    "spectral.SpectralModule",
    "untrained.BlockModelModule",
    "untrained.HeuristicModule",
)
# All that a stored configuration may build, by part: what conf/ names, and nothing else.
TARGETS: dict[str, frozenset[str]] = {
    "data": frozenset(f"connectome.data.{name}" for name in READERS),
    "split": frozenset({"connectome.data.splits.split.SplitConfig"}),
    "batch": frozenset({"connectome.training.batching.edge_batches.EdgeBatches"}),
    "datamodule": frozenset({"connectome.training.batching.datamodule.LinkDataModule"}),
    "model": frozenset(f"connectome.training.modules.{name}" for name in MODULES),
    **{name: frozenset({f"connectome.models.{made}"}) for name, made in SETTINGS.items()},
    "trainer": frozenset({"pytorch_lightning.Trainer"}),
}
PARTS = ("data", "split", "datamodule", "model", "trainer")  # what determines a result
_INSIDE = {
    ("datamodule", "connectome"): "data",
    **{("datamodule", part): part for part in ("split", "batch")},
    **{("model", group): group for group in SETTINGS},
}
# Readers of pickles; the folder must be one that the user names.
_PICKLES = {"connectome.data.readers.planetoid.read_planetoid": "root"}
_PLAIN = (str, bool, int, float, type(None))


def check_trust(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """Modules of the user's own whose classes a stored configuration may build.

    Args:
        given: names of modules or packages, in a list or with commas between them.

    Raises:
        InputError: for what is no name of a module.
    """
    if not isinstance(given, str | Sequence | None):
        raise InputError(f"trust={given}: give the name of a module of your own, trust=MODULE")
    names = given.split(",") if isinstance(given, str) else list(given or ())
    for name in names:
        if not (isinstance(name, str) and re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", name)):
            raise InputError(f"trust={name}: give the name of a module of your own, trust=MODULE")
    return tuple(names)


def require_known(config: Mapping[str, Any], where: Path, trust: Sequence[str] = ()) -> None:
    """Refuse a configuration that would run or read what it may not, before anything is built.

    Args:
        config: as it stands in ``where``, not resolved.
        where: the file.
        trust: modules beside those of :data:`TARGETS`.

    Raises:
        InputError: for a target that is not in the list, a switch of Hydra other than
            ``_target_``, an interpolation, or a value that is not plain.
    """
    try:
        for part in PARTS:
            _check(config.get(part), (part,), part, where, trust)
    except RecursionError as error:
        raise InputError(f"{where}: its configuration is nested without end; {REMEDY}") from error


def _check(
    value: Any, path: tuple[str, ...], part: str | None, where: Path, trust: Sequence[str]
) -> None:
    """``part`` says what may be built here; None stands for nothing."""
    here = ".".join(path)
    if isinstance(value, list):
        for position, item in enumerate(value):
            _check(item, (*path, str(position)), None, where, trust)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_key(key, item, here, part, where)
            if key == "_target_":
                _check_target(item, here, part, where, trust)
            else:
                inside = _INSIDE.get((part or "", key))
                _check(item, (*path, key), inside, where, trust)
    elif type(value) not in _PLAIN:
        raise InputError(
            f"{where}: {here} is a {type(value).__name__}; write a number, text, list or mapping"
        )
    elif isinstance(value, str) and ("${" in value or value == "???"):
        raise InputError(f"{where}: {here}={value}: stored values are not resolved; write it out")


def _check_key(key: Any, value: Any, here: str, part: str | None, where: Path) -> None:
    """Hydra's switches (``_args_``, ``_partial_``, ...) change what is called, and how."""
    if not isinstance(key, str) or "${" in key:
        raise InputError(f"{where}: {here}: '{key}' is no name of an option; remove it")
    lazy = part == "trainer" and key == "_partial_" and value is True
    if key.strip().startswith("_") and key != "_target_" and not lazy:
        raise InputError(f"{where}: {here}.{key}: not allowed in a stored configuration; remove it")


def _check_target(
    target: Any, here: str, part: str | None, where: Path, trust: Sequence[str]
) -> None:
    if not isinstance(target, str):
        raise InputError(
            f"{where}: {here}._target_={target}: is no name of a class or function; give one"
        )
    if target in TARGETS.get(part or "", ()) or _is_trusted(target, trust, where):
        return
    module = target.rpartition(".")[0] or "MODULE"
    raise InputError(
        f"{where}: {here}._target_={target}: not run, since a stored configuration may build only "
        f"what belongs to this program; add trust={module} if that code is your own"
    )


def _is_trusted(target: str, trust: Sequence[str], where: Path) -> bool:
    """Whether it is of a trusted module: ``mine.os.system`` is not of ``mine``."""
    if not _within(target, trust):
        return False
    try:
        found = pkgutil.resolve_name(target)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"{where}: {target}: cannot be imported ({error}); put it on PYTHONPATH"
        ) from error
    return _within(str(getattr(found, "__module__", "")), trust)


def _within(name: str, modules: Sequence[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def stored_data(
    config: Mapping[str, Any], replaced: Mapping[str, Any], where: Path, trust: Sequence[str] = ()
) -> dict[str, Any]:
    """The data that a stored configuration describes, with what the user says instead.

    Args:
        config: the whole configuration.
        replaced: options of the data such as ``archive``.
        where: the file that it stands in.
        trust: modules of the user's own.

    Raises:
        InputError: if it is not to be trusted, says nothing of the data, or has no such option.
    """
    require_known(config, where, trust)
    stored = config.get("data")
    if not isinstance(stored, dict) or "_target_" not in stored:
        raise InputError(f"{where}: says nothing of the data; {REMEDY}")
    if unknown := sorted(set(replaced) - set(stored)):
        options = ", ".join(key for key in stored if not key.startswith("_"))
        raise InputError(
            f"+data.{unknown[0]}: {where} was trained on {stored['_target_']}, "
            f"whose options are {options or 'none'}; leave it out"
        )
    option = _PICKLES.get(stored["_target_"])
    if option is not None and option not in replaced:
        raise InputError(
            f"{where}: {stored['_target_']} reads pickles, and those only from a folder that you "
            f"name yourself; add +data.{option}=FOLDER"
        )
    return _with_pairs(stored | dict(replaced), where)


def _with_pairs(data: dict[str, Any], where: Path) -> dict[str, Any]:
    """The same, with the file of pairs that lies with the run in place of ``matched``."""
    if data.get("pairs") != MATCHED:
        return data
    path = _run_of(where) / PAIRS
    if not path.is_file():
        raise InputError(
            f"{path}: is missing, the left-right pairs that the run was made with; copy the run "
            "again, or give +data.pairs=FILE"
        )
    return data | {"pairs": str(path)}


def _run_of(path: Path) -> Path:
    """The folder of the run that a configuration or a checkpoint lies in."""
    return path.parent.parent if path.parent.name == CHECKPOINTS else path.parent


@contextmanager
def using(path: Path) -> Iterator[None]:
    """Name the file whose configuration the body builds from, whatever that raises.

    Constructors meet values of any shape there, so what they raise is no defect of theirs.

    Raises:
        InputError: instead of every other error, beginning with ``path`` or the folder of the run.
    """
    try:
        yield
    except InputError as error:
        run = _run_of(path)
        if str(error).startswith((str(path), f"{run}: ", f"{run}/")):
            raise
        raise type(error)(f"{path}: {error}") from error
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise InputError(
            f"{path}: what it describes cannot be built ({reason}); {REMEDY}"
        ) from error


def load_data_config(
    run: Path, replaced: Mapping[str, Any] | None = None, trust: Sequence[str] = ()
) -> dict[str, Any]:
    """Which data the run in the folder ``run`` was made from, as its configuration says.

    Args:
        run: the folder.
        replaced: options of the data that are otherwise now.
        trust: modules of the user's own that it may name.

    Raises:
        InputError: if the configuration is missing, damaged, not to be trusted, or says nothing of
            the data.
    """
    path = run / CONFIG
    return stored_data(load_config_file(path), replaced or {}, path, trust)


def load_config_file(path: Path) -> dict[str, Any]:
    """A stored configuration as plain values: no tags, no interpolation, no references.

    Raises:
        InputError: if the file is missing or not such a configuration.
    """
    try:
        config = yaml.load(path.read_text(), Loader=_PlainLoader)
    except FileNotFoundError as error:
        raise missing(path) from error
    except (yaml.YAMLError, ValueError, OSError, RecursionError, OverflowError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: not valid YAML ({reason}); {REMEDY}") from error
    if not isinstance(config, dict):
        raise InputError(f"{path}: is no configuration; {REMEDY}")
    return config


class _PlainLoader(yaml.SafeLoader):
    """Refuses references: a few of them, nested, stand for more than any memory holds."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it holds references")
        return super().compose_node(parent, index)
