"""``map``: embedding, 2-d map, clusters, types, table and page of data that are read."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from connectome.analysis.cell_typing import outcome
from connectome.analysis.latent import LatentSpace, latent_spaces
from connectome.analysis.mapping import (
    Choice,
    Mapped,
    accuracy,
    choose_method,
    map_neurons,
    typing_folds,
    why_no_types,
    write_results,
)
from connectome.cli.jobs.map.read import Asked
from connectome.cli.jobs.train import train_once
from connectome.cli.map import LABEL, in_flags
from connectome.cli.shared.parsing import PROGRAM
from connectome.cli.shared.progress import progress
from connectome.cli.shared.reading import value_words
from connectome.cli.shared.results import claim
from connectome.config import build, load_config, plain, quietly
from connectome.runs import CONFIG, find_runs
from connectome.training.batching import LinkDataModule
from connectome.types import Connectome

PRECISION = 0.95  # as the command types has it
RUN = "run"  # folder of the embedding
STEPS = 7  # training, neighbours, map, clusters, typing, table, page


def draw_map(asked: Asked) -> None:
    """Make the map, and say what came of it and the commands that give the same.

    Raises:
        InputError: if results of others are in the way.
    """
    brain, label, out = asked.brain, asked.label, asked.out
    choice = choose_method(brain.num_neurons)
    print(f"embedding: {choice.model}, d = {choice.latent_dim}: {choice.reason}")
    if reason := why_no_types(brain, label):
        print(f"types: none predicted, since {reason}{_remedy(brain, label)}")
    words = _words(asked.words, choice, asked.seed)
    with in_flags():
        model = {"model": choice.model, "seed": asked.seed, "label": label}
        data = plain(load_config(asked.words).data)
        claim(out, {"data": data, **model, "version of the data": brain.fingerprint})
    with quietly(), progress(_steps(brain, label)) as note:
        note(f"training {choice.model}")
        space = _embedded(brain, words, out / RUN)
        mapped = map_neurons(brain, space, label, PRECISION, asked.seed, note)
        note("table and page")
        files, remarks = write_results(mapped, out, label, _made(out / RUN))
    for remark in remarks:
        print(f"note: {remark}", file=sys.stderr)
    _print(mapped, files, words, asked)


def _remedy(brain: Connectome, label: str) -> str:
    """How the neurons get types, if they have none."""
    if label in brain.neurons:
        return ""
    return "; --label COLUMN names it" if len(brain.neurons.columns) else "; give --neurons TABLE"


def _words(data: Sequence[str], choice: Choice, seed: int) -> list[str]:
    """What the command train is told; the seed is last."""
    method = [f"model={choice.model}", f"latent_dim={choice.latent_dim}"]
    return ["experiment=latent_map", *data, *method, "split.directed=true", f"seed={seed}"]


def _embedded(brain: Connectome, words: Sequence[str], folder: Path) -> LatentSpace:
    """The embedding in ``folder``, made there unless it is there already."""
    here = [f"run_dir={value_words(str(folder))}", f"name={value_words(brain.name)}"]
    config = load_config([*words, *here, "logger=none", "~callbacks.progress"])
    split = build(config.split)
    data = LinkDataModule(brain, split, config.steps_per_epoch, [*config.features])
    train_once(config, data)
    (space,) = latent_spaces(find_runs(folder).runs, brain)
    return replace(space, folder=folder)


def _made(folder: Path) -> dict[str, str]:
    return {"configuration": (folder / CONFIG).read_text()}


def _steps(brain: Connectome, label: str) -> int:
    folds = 0 if why_no_types(brain, label) else typing_folds(brain)[1] + 1
    return STEPS - 2 + folds


def _print(mapped: Mapped, files: Sequence[Path], words: Sequence[str], asked: Asked) -> None:
    """What was found, what was written, and the commands that give the same."""
    run = asked.out / RUN
    print(f"map: {mapped.space.how}")
    print(f"clusters: {int(mapped.cluster.max()) + 1} Leiden communities of the graph")
    if mapped.types is not None:
        right = f"{accuracy(mapped):.3f} of the typed ones get their own when it is hidden"
        print(f"types: predicted for {outcome(mapped.types, PRECISION)}; {right}")
    if mapped.typed is not None and (trouble := mapped.typed.typing.trouble):
        print(f"confidence: none, so that every neuron abstains: {trouble}")
    for path in files:
        print(f"File:  {path}")
    print(f"Run:   {run}")
    print("\nThe same step by step, with every option open:")
    for command in _commands(words, asked, value_words(str(run)), mapped.types is not None):
        print(f"  {PROGRAM} {command}")


def _commands(words: Sequence[str], asked: Asked, run: str, types: bool) -> Iterator[str]:
    """The commands of which ``map`` is made, without the name of the program."""
    label = value_words(asked.label)
    yield f"train {_shell([*words, f'run_dir={run}'])}"
    look = [] if asked.label == LABEL else [f"look.type_column={label}"]
    yield f"evaluate {_shell([f'runs={run}', 'report=true', *look])}"
    if types:
        parts, judged = typing_folds(asked.brain)
        few = [] if judged == parts else [f"judged_folds={judged}"]
        folds = [f"folds={parts}", *few, "controls=false"]
        yield f"types {_shell([*asked.words, f'label={label}', *folds, words[-1]])}"


def _shell(words: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, words))
