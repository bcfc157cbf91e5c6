"""``transfer``: models of finished runs on brains that they were not trained on."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from connectome.analysis.transfer import Brain, Placed, print_transfer, report_transfer, share_seen
from connectome.cli.shared.options import read_options
from connectome.cli.shared.results import called_home, claim, log_to_wandb, read_data
from connectome.cli.transfer import TransferConfig
from connectome.config import build
from connectome.data.readers import member_name
from connectome.data.splits import whole_graph
from connectome.runs import BEST, Found, Run, about, check_trust, find_runs, tell
from connectome.training.batching import LinkDataModule
from connectome.training.loop import restore
from connectome.training.modules import InductiveModule
from connectome.types import Connectome, InputError

SAME = 0.9  # share of edges in common from which on two brains are one
USUAL_LABEL = "cell_type"
MOST_STARTS = 10**6


@dataclass(frozen=True, eq=False)
class Home:
    """A trained model, with the brain that it was trained on."""

    name: str
    config: dict[str, Any]
    datamodule: LinkDataModule
    module: InductiveModule


def transfer(overrides: Sequence[str]) -> None:
    """Do what the options say.

    Raises:
        InputError: if no run can be used, an option is wrong, or data cannot be read.
    """
    options = read_options(overrides, "transfer", TransferConfig)
    _check(options)
    folder = Path(options["runs"])
    out = Path(options["out"] or folder / "transfer")
    console = Console(stderr=True)
    with console.status("Reading") as status:
        homes, found = _homes(folder, options["home"], check_trust(options["trust"]))
        require_column(homes[0].datamodule.connectome, "label", options["label"])
        brains = [_brain(home.datamodule, options["label"], {}) for home in homes]
        placed = [
            one
            for home, brain in zip(homes, brains, strict=True)
            for one in _placed(home, brain, list(_others(home, homes, brains, options)))
        ]
        if all(one.at_home and not one.brain.connectome.member_names for one in placed):
            raise InputError(
                f"runs={folder}: no two runs are of different brains split alike, so there is none "
                "to go to; give data=..., left_out=true, or runs of several brains"
            )
        claim(out, options)
        asked = options["match_starts"], options["explorer"]
        report = report_transfer(placed, out, *asked, note=status.update)
    print_transfer(report, out)
    log_to_wandb(options, report.tables, report.files, out, folder.resolve().name, "transfer")
    found.require_whole(f"runs={folder}")


def _check(options: dict[str, Any]) -> None:
    """What is wrong with the options by themselves, before anything is read."""
    if options["data"] is not None and options["left_out"]:
        raise InputError("data=... and left_out=true: give one of them")
    if options["split"] and options["data"] is None and not options["left_out"]:
        raise InputError(
            f"+split.{next(iter(options['split']))}: runs are held against each other as they were "
            "split; give data=NAME too"
        )
    build(
        {"_target_": "connectome.data.splits.split.SplitConfig"} | options["split"], path="split."
    )
    for key in ("rename", "label_there"):
        if (
            options[key]
            and options["data"] is None
            and not (key != "rename" and options["left_out"])
        ):
            raise InputError(f"{key}={options[key]}: is of the brain in data; give data=NAME too")
    if not 0 <= options["match_starts"] <= MOST_STARTS:
        raise InputError(f"match_starts={options['match_starts']}: must be from 0 to {MOST_STARTS}")


def require_column(connectome: Connectome, option: str, column: str) -> None:
    """A column that was named must exist; the usual one may be missing.

    Raises:
        InputError: naming the columns that there are.
    """
    if column not in connectome.neurons and column != USUAL_LABEL:
        known = ", ".join(map(str, connectome.neurons.columns)) or "none"
        raise InputError(f"{option}={column}: {connectome.name} has no such column, only {known}")


def _usable(runs: Sequence[Run], folder: Path) -> list[Run]:
    usable = [run for run in runs if run.method.startswith("inductive") and run.tested]
    for run in runs:
        if run not in usable:
            why = "holds no test" if not run.tested else "has rows of its own for its neurons"
            print(f"left out: {run.path.name}: {run.method} {why}", file=sys.stderr)
    if not usable:
        raise InputError(
            f"runs={folder}: no complete run of a model that can embed another brain; train one "
            "with model=inductive"
        )
    return usable


def _homes(folder: Path, data: dict[str, Any], trust: tuple[str, ...]) -> tuple[list[Home], Found]:
    """The models of all usable runs, and the runs; what is wrong with the others is told.

    Raises:
        InputError: if none is left.
    """
    found = find_runs(folder)
    tell(found.damaged)
    homes, broken = [], []
    for run in _usable(found.runs, folder):
        try:
            homes.append(_home(run, data, trust))
        except InputError as error:
            broken.append(about(run, error))
    if not homes:
        raise InputError(broken[0])
    tell(broken)
    return homes, Found(found.runs, [*found.damaged, *broken])


def _home(run: Run, data: dict[str, Any], trust: tuple[str, ...]) -> Home:

    def made(node: dict[str, Any]) -> Any:
        return read_data(node, run.path) if "connectome" in node else build(node)

    with called_home():
        restored = restore(run.path / BEST, made, data, trust)
    module = restored.module
    if not isinstance(module, InductiveModule):
        raise InputError(
            f"{run.path / BEST}: its model cannot embed another brain; repeat train.py"
        )
    return Home(run.path.name, restored.config, restored.datamodule, module)


def _others(
    home: Home, homes: Sequence[Home], brains: Sequence[Brain], options: dict[str, Any]
) -> Iterator[Brain]:
    """The brains that the model of ``home`` is to embed, each once, split as its own."""
    label = options["label_there"] or options["label"]
    if options["data"] is not None:
        other = build(options["data"])
        require_column(other, "label_there", options["label_there"] or label)
        if share_seen(home.datamodule.connectome, other) > SAME:
            raise InputError(
                f"data: {other.name} was trained on by {home.name}, as a whole or as a part; give "
                "a brain that it has not seen"
            )
        yield _brain(_split_alike(home, other, options["split"]), label, options["rename"])
        return
    if options["left_out"]:
        yield _brain(
            _split_alike(home, _left_out(home, options["home"]), options["split"]), label, {}
        )
        return
    known = {home.datamodule.connectome.fingerprint}
    for other, brain in zip(homes, brains, strict=True):
        fingerprint = other.datamodule.connectome.fingerprint
        alike = other.config["split"] == home.config["split"]  # or scores would not compare
        if fingerprint in known or not alike:
            continue
        known.add(fingerprint)
        trained = home.datamodule.connectome
        if (
            share_seen(trained, brain.connectome) > SAME
            or share_seen(brain.connectome, trained) > SAME
        ):
            print(f"left out: {home.name} and {brain.name} share neurons", file=sys.stderr)
            continue
        yield brain


def _left_out(home: Home, moved: dict[str, Any]) -> Connectome:
    """The brain that a run left out of its collection, read as the run would have."""
    data = home.config["data"] | moved
    name = data.get("without")
    if name is None:
        raise InputError(f"left_out=true: {home.name} left nothing out; train with data.without=")
    alone = [member for member in data["members"] if member_name(member) == name]
    connectome: Connectome = build(data | {"members": alone, "without": None})
    return connectome


def _split_alike(home: Home, other: Connectome, changes: dict[str, Any]) -> LinkDataModule:
    """``other`` split as the run split its own, but for ``changes``."""
    split = build(home.config["split"] | changes, path="split.")
    return LinkDataModule(other, split, steps_per_epoch=1)


def _brain(datamodule: LinkDataModule, label: str, rename: dict[str, str]) -> Brain:
    connectome = datamodule.connectome
    if label not in connectome.neurons:
        types = np.full(connectome.num_neurons, None, dtype=object)
        print(f"left out: {connectome.name} has no column '{label}'", file=sys.stderr)
    else:
        column = connectome.neurons[label].astype(object)
        known = sorted(map(str, column.dropna().unique()))
        if unknown := sorted(set(rename) - set(known)):
            raise InputError(
                f"+rename: '{unknown[0]}': no such type in the column '{label}' of "
                f"{connectome.name}, only {', '.join(known)}"
            )
        types = column.replace(rename).where(column.notna(), None).to_numpy(object)
        types = np.array([None if pd.isna(kind) else str(kind) for kind in types], dtype=object)
    return Brain(connectome.name, connectome, datamodule.split, datamodule.graph, types)


def _placed(home: Home, own: Brain, others: Sequence[Brain]) -> Iterator[Placed]:
    for brain in (own, *others):
        whole = whole_graph(brain.connectome, brain.split.directed)
        yield Placed(
            model=home.name,
            home=own.name,
            brain=brain,
            seen=home.module.embed(brain.graph),
            whole=home.module.embed(whole),
        )
