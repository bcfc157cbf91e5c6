"""The framework in four words: :func:`load`, :func:`fit`, :func:`embed`, :func:`score`.

Nothing is done here that the programs do not do: the configuration files in ``conf/`` apply, and
equal options and seeds give the embedding that ``train.py`` gives.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from omegaconf import DictConfig, OmegaConf

from connectome.analysis.export import to_frame
from connectome.arguments import (
    IN_PYTHON,
    build_with,
    change_options,
    check_call,
    choose_file,
    fit_config,
    given_objects,
    set_options,
)
from connectome.config import build, load_config, plain, quietly
from connectome.data.features import check_groups
from connectome.data.neurons import MATCHED
from connectome.data.splits import WHOLE, reported_part
from connectome.runs import EMBEDDING, RunFolder, load_details, load_scorer
from connectome.scores import Embedding, LinkDetails, Scorer
from connectome.training.batching import EdgeBatches, LinkDataModule
from connectome.training.loop import fit_and_test
from connectome.types import Connectome, InputError, LinkSplit, NotApplicableError

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, repr=False)
class Fitted:
    """A method that was fitted to a connectome.

    Attributes:
        connectome: the data, with the neurons' annotations.
        scorer: what scores any pair of neurons; an :class:`~connectome.scores.Embedding` for
            methods with factors.
        split: which links were held out; none under ``protocol="whole"``.
        metrics: as in ``metrics.json``: ``test/auc`` and ``test/ap`` on held-out links
            (``train/auc``, ``train/ap`` where nothing was held out, which is a fit and no test),
            ``seconds``, ``parameters``, ``numbers_per_neuron``.
        details: distribution of synapse counts and of edge types given a link, of a method that
            was told to learn them (``heads`` of ``directed_gae``).
    """

    connectome: Connectome
    scorer: Scorer
    split: LinkSplit
    metrics: dict[str, float]
    details: LinkDetails = field(default_factory=LinkDetails)

    @property
    def embedding(self) -> Embedding:
        """Source and target factors ``[N, d]``, biases, and the score that goes with them.

        Raises:
            NotApplicableError: if the method has no factors.
        """
        return _embedding(self.scorer)

    def __repr__(self) -> str:
        part = reported_part(self.split.protocol)
        dimensions = "" if self.scorer.latent_dim is None else f", d = {self.scorer.latent_dim}"
        return (
            f"<{self.scorer.method}{dimensions} of {self.connectome.num_neurons} neurons of "
            f"{self.connectome.name}, {part} AUC {self.metrics[f'{part}/auc']:.3f}>"
        )


def load(data: str = "mushroom_body", **options: Any) -> Connectome:
    """Read a connectome.

    ``print(load(...).receipt)`` tells what was read and what was left out, which is also logged,
    as a warning where something was left out that nobody named.

    Args:
        data: name of a file in ``conf/data``: ``mushroom_body`` (comes with the package),
            ``larva_brain``, ``table`` (your own), ``planetoid``.
        options: what that file lists, such as ``side="left"``, ``archive=PATH``, or for a table
            ``edges=FILE, neurons=FILE, pre=COLUMN, post=COLUMN, synapses=COLUMN``. There ``edges``
            may also be a DataFrame, a square array or sparse matrix with presynaptic neurons in its
            rows, or a networkx graph, and ``neurons`` a DataFrame: with a column of ids or with the
            ids as index, or of a matrix with a row a neuron, in order.

    Raises:
        InputError: for an unknown name or option, and for files that cannot be read.
    """
    check_call(load, data=data)
    config = load_config([choose_file("data", data)]).data
    objects = given_objects(options)
    set_options(config, **options | dict.fromkeys(objects, IN_PYTHON))
    if missing := sorted(OmegaConf.missing_keys(config)):
        option = missing[0].removeprefix("data.")
        raise InputError(f"load('{data}'): {option} has no default; give {option}=...")
    if matched := config.get("pairs") == MATCHED:
        set_options(config, pairs=None)
    connectome = build_with(config, objects, Connectome)
    if matched:
        from connectome.analysis.neuron_matching import matched_sides  # only where it is needed

        connectome = matched_sides(connectome)
    if connectome.receipt is not None:
        log.info("%s", connectome.receipt)
    return connectome


def fit(
    connectome: Connectome,
    model: str = "vgae",
    latent_dim: int = 2,
    seed: int = 0,
    protocol: str = WHOLE,
    directed: bool = False,
    trainer: Mapping[str, Any] | None = None,
    progress: bool = False,
    features: Sequence[str] = (),
    batch: EdgeBatches | None = None,
    steps_per_epoch: int | None = None,
    **model_options: Any,
) -> Fitted:
    """Fit a method to a connectome, on one device, and leave nothing on disk.

    The same as a run of ``train.py experiment=latent_map`` (``train.py split.protocol=...`` under
    another protocol) with these options, to the last bit with the same number of threads.

    Args:
        connectome: the data; used as they are, not read again.
        model: name of a file in ``conf/model``, such as ``vgae``, ``gae``, ``lse``, ``factor``.
        latent_dim: number of latent dimensions ``d``; of no effect for methods without.
        seed: of initial weights, negatives and noise, and of the split.
        protocol: what is held out, one of ``connectome.data.splits.protocols.PROTOCOLS``;
            ``whole`` is nothing.
        directed: True tells ``i -> j`` from ``j -> i``.
        trainer: arguments of Lightning's Trainer that replace those of ``conf/trainer/cpu.yaml``,
            such as ``{"max_epochs": 200}`` or ``{"accelerator": "gpu", "deterministic": False}``.
        progress: show a progress bar.
        features: groups of node features to show, out of
            ``connectome.data.features.groups.GROUPS``.
        batch: what an optimiser step sees
            (:class:`connectome.training.batching.edge_batches.EdgeBatches`); None is everything.
        steps_per_epoch: optimiser steps between two validations; None is what ``conf/`` says.
        model_options: what the file of the model lists, such as ``hidden_dim=32``, and of a group
            of options those to change, such as ``network={"hops": 1}`` or
            ``optimizer={"name": "sgd"}``.

    Raises:
        InputError: for an unknown name or option, or a value that the method cannot work with.
        NotApplicableError: if method, protocol, features and data do not go together.
    """
    given = {name: value for name, value in locals().items() if name != "model_options"}
    check_call(fit, **given)
    config = fit_config(model, protocol, trainer or {}, model_options)
    check_groups(features)
    set_options(
        config, latent_dim=latent_dim, seed=seed, name=connectome.name, features=[*features]
    )
    set_options(config.split, directed=directed)
    if steps_per_epoch is not None:
        set_options(config, steps_per_epoch=steps_per_epoch)
    change_options(config.model, **model_options)
    if not progress:
        config.callbacks.progress = None
    with TemporaryDirectory() as folder, _undisturbed():
        return _fit(connectome, config, Path(folder), batch)


def embed(fitted: Fitted | Embedding) -> pd.DataFrame:
    """Factors as a table, one row a neuron.

    Its columns are those of :func:`connectome.analysis.export.formats.to_frame`.

    Args:
        fitted: with the annotations of the neurons; a bare embedding knows its ids only.

    Raises:
        InputError: if ``fitted`` is something else.
        NotApplicableError: if the method has no factors.
    """
    if isinstance(fitted, Fitted):
        return to_frame(fitted.embedding, fitted.connectome)
    if not _scores(fitted):
        raise InputError(f"embed({_short(fitted)}): give what fit() returned, or an embedding")
    return to_frame(_embedding(fitted))


def score(fitted: Fitted | Scorer, pre_ids: ArrayLike, post_ids: ArrayLike) -> np.ndarray:
    """How likely the links from ``pre_ids`` to ``post_ids`` are, by neuron id.

    Args:
        fitted: what :func:`fit` returned, or any scorer, such as a loaded embedding.
        pre_ids: ``[P]`` ids of the presynaptic neurons, or one id for all.
        post_ids: ``[P]`` ids of the postsynaptic neurons, or one id for all.

    Returns:
        ``[P]`` scores, higher for likelier links: the logits of an embedding, which are not
        calibrated. A method that was fitted without directions scores both ways alike.

    Raises:
        InputError: for ids that are not among the neurons, of another type, or not as many.
    """
    scorer = fitted.scorer if isinstance(fitted, Fitted) else fitted
    if not _scores(scorer):
        raise InputError(f"score({_short(fitted)}): give what fit() returned, or a scorer")
    pre, post = (_positions(scorer, ids) for ids in (pre_ids, post_ids))
    if len(pre) != len(post) and 1 not in (len(pre), len(post)):
        raise InputError(f"{len(pre)} presynaptic and {len(post)} postsynaptic ids; give pairs")
    pairs = torch.from_numpy(np.stack(np.broadcast_arrays(pre, post)))
    if isinstance(fitted, Fitted) and fitted.connectome.member_names:
        member = fitted.connectome.member[pairs]
        if bool((member[0] != member[1]).any()):
            raise InputError("a pair of neurons of two brains: no link between them was looked for")
    return scorer.score_pairs(pairs).numpy()


def _fit(
    connectome: Connectome,
    config: DictConfig,
    folder: Path,
    batch: EdgeBatches | None,
) -> Fitted:
    """Train in ``folder`` as train.py does, and read what that leaves there."""
    set_options(config, run_dir=folder, data={"name": connectome.name})
    split, features = build(config.split), [*config.features]
    datamodule = LinkDataModule(connectome, split, config.steps_per_epoch, features, batch=batch)
    metrics = fit_and_test(
        RunFolder(folder, plain(config), identity={}),
        datamodule,
        build(config.model),
        build(config.trainer),
        [callback for callback in build(config.callbacks).values() if callback],
        build(config.logger),
        build(config.benchmark),
    )
    assert metrics is not None, "there is one process"
    scorer, details = load_scorer(folder / EMBEDDING), load_details(folder)
    return Fitted(connectome, scorer, datamodule.split, metrics, details)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Lightning is quiet, and what it sets for the whole process is set back."""
    deterministic = torch.get_deterministic_debug_mode()
    try:
        with quietly():
            yield
    finally:
        torch.set_deterministic_debug_mode(deterministic)


def _scores(value: Any) -> bool:
    """Whether it is a scorer, by what all of them have."""
    return hasattr(value, "score_pairs") and hasattr(value, "neuron_ids")


def _short(value: Any) -> str:
    return f"a {type(value).__name__}" if value is not None else "None"


def _embedding(scorer: Scorer) -> Embedding:
    if not isinstance(scorer, Embedding):
        raise NotApplicableError(f"{scorer.method}: has no factors, only scores; use score()")
    return scorer


def _positions(scorer: Scorer, ids: ArrayLike) -> np.ndarray:
    """Rows ``[P]`` int64 of neurons.

    Raises:
        InputError: for ids that are unknown, or of another type than those of the neurons.
    """
    if isinstance(ids, Set | Mapping):
        raise InputError(f"ids in a {type(ids).__name__}: give a list, which has an order")
    array_like = isinstance(ids, torch.Tensor) or hasattr(ids, "__array__")
    listed: Any = np.ravel(np.asarray(ids)) if array_like else ids
    wanted = pd.Index(listed if pd.api.types.is_list_like(listed) else [listed])
    kind = "integer" if scorer.neuron_ids.dtype.kind == "i" else "string"
    if len(wanted) and wanted.inferred_type != kind:  # a float may stand for another integer
        raise InputError(f"ids such as {wanted[0]}: the ids of these neurons are {kind}s")
    rows = pd.Index(scorer.neuron_ids).get_indexer(wanted)
    if (rows < 0).any():
        raise InputError(
            f"{wanted[rows < 0][0]}: no neuron of this id among the {len(scorer.neuron_ids)} that "
            f"{scorer.method} was fitted to; ids look like {scorer.neuron_ids[0]}"
        )
    return np.asarray(rows, dtype=np.int64)
