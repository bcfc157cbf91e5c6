"""``map``: from an edge list to a page and a table of its neurons, by one command."""

import argparse
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connectome.analysis.cell_typing import outcome
from connectome.analysis.latent import LatentSpace, latent_spaces
from connectome.analysis.mapping import (
    FOLDS,
    Choice,
    Mapped,
    accuracy,
    choose_method,
    map_neurons,
    typing_folds,
    why_no_types,
    write_results,
)
from connectome.cli.jobs.train import train_once
from connectome.cli.map import LABEL, in_flags, with_flags
from connectome.cli.shared.parsing import PROGRAM
from connectome.cli.shared.results import claim
from connectome.config import build, load_config, plain, quietly, quoted
from connectome.data.neurons import has_lists, no_types, usual_names, usual_type
from connectome.receipt import printed_later
from connectome.runs import CONFIG, find_runs
from connectome.training.batching import LinkDataModule
from connectome.types import Connectome, InputError
from connectome.user_files import user_file

PRECISION = 0.95  # as the command types has it
RUN = "run"  # folder of the embedding
STEPS = 7  # training, neighbours, map, clusters, typing, table, page
PLAIN = re.compile(r"[A-Za-z_./][\w./-]*")  # values that neither Hydra nor a shell reads otherwise


def map_file(asked: argparse.Namespace) -> None:
    """Map the file that is asked for.

    Raises:
        InputError: if an option is wrong, data cannot be read, or results of others are in the way.
    """
    with in_flags():
        data, renamed = _data(asked)
        config = load_config(data).data
        with Console(stderr=True).status("Reading"), printed_later():
            brain: Connectome = build(config, Connectome)
    print(with_flags(str(brain.receipt)))
    if renamed:
        print(renamed)
    label = _label(brain, asked.label)
    _say_no_types(brain, label)
    choice = choose_method(brain.num_neurons)
    print(f"embedding: {choice.model}, d = {choice.latent_dim}: {choice.reason}")
    if reason := why_no_types(brain, label):
        print(f"types: none predicted, since {reason}{_remedy(brain, label)}")
    out = Path(asked.out or Path("outputs") / "map" / brain.name)
    words = _words(data, choice, asked.seed)
    with in_flags():
        model = {"model": choice.model, "seed": asked.seed, "label": label}
        claim(out, {"data": plain(config), **model, "version of the data": brain.fingerprint})
    with quietly(), _progress(brain, label) as note:
        note(f"training {choice.model}")
        space = _embedded(brain, words, out / RUN)
        mapped = map_neurons(brain, space, label, PRECISION, asked.seed, note)
        note("table and page")
        files, remarks = write_results(mapped, out, label, _made(out / RUN))
    for remark in remarks:
        print(f"note: {remark}", file=sys.stderr)
    _print(mapped, files, words, data, label, out)


def _data(asked: argparse.Namespace) -> tuple[list[str], str]:
    """Options of the data in Hydra's words, and what was renamed."""
    tables = [_text(str(Path(table))) for table in asked.neurons]
    words = ["data=table", f"data.edges={_text(str(Path(asked.edges)))}"]
    if tables:
        several = f"[{','.join(tables)}]"
        words.append(f"data.neurons={tables[0] if len(tables) == 1 else several}")
    for option in ("pre", "post", "synapses"):
        if (column := getattr(asked, option)) is not None:
            words.append(f"data.{option}={column if column == 'null' else _text(column)}")
    if asked.min_synapses is not None:
        words.append(f"data.min_synapses={asked.min_synapses:g}")
    words += [f"data.{option}" for option in asked.set]
    if any(option.startswith("rename=") for option in asked.set):
        return words, ""
    names, writer = usual_names([user_file("data.neurons", one) for one in asked.neurons])
    if not names:
        return words, ""
    words.append(f"data.rename={{{', '.join(f'{old}: {new}' for old, new in names.items())}}}")
    pairs = ", ".join(f"{old} -> {new}" for old, new in names.items())
    return words, f"renamed, as these are columns of {writer}: {pairs}"


def _text(value: str) -> str:
    """A value as Hydra reads it: quoted, unless it is plain."""
    if PLAIN.fullmatch(value) and value not in ("null", "true", "false"):
        return value
    return shlex.split(quoted(f"value={value}"))[0].removeprefix("value=")


def _label(brain: Connectome, column: str | None) -> str:
    """The column of types: that which was named, ``cell_type``, or the only one with a usual name.

    Raises:
        InputError: if one that was named is not there or holds lists.
    """
    if column is not None and column not in brain.neurons:
        known = ", ".join(map(str, brain.neurons.columns)) or "none"
        raise InputError(f"--label {column}: {brain.name} has no such column, only {known}")
    single = [str(name) for name in brain.neurons if not has_lists(brain.neurons[name])]
    if column is not None and column not in single:
        raise InputError(f"--label {column}: holds lists; give each neuron one value")
    if column is not None or LABEL in brain.neurons:
        return column or LABEL
    if usual := usual_type(single):
        print(f"types are those of '{usual}', since there is no '{LABEL}'; --label names others")
    return usual or LABEL


def _say_no_types(brain: Connectome, label: str) -> None:
    """Which words stand for no type, where reading has not said so already."""
    if label in brain.neurons and label != LABEL:
        for remark in no_types(brain.neurons[label]):
            print(f"note: {remark}")


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
    here = [f"run_dir={_text(str(folder))}", f"name={_text(brain.name)}"]
    config = load_config([*words, *here, "logger=none", "~callbacks.progress"])
    split = build(config.split)
    data = LinkDataModule(brain, split, config.steps_per_epoch, [*config.features])
    train_once(config, data)
    (space,) = latent_spaces(find_runs(folder).runs, brain)
    return replace(space, folder=folder)


def _made(folder: Path) -> dict[str, str]:
    return {"configuration": (folder / CONFIG).read_text()}


@contextmanager
def _progress(brain: Connectome, label: str) -> Iterator[Callable[[str], None]]:
    """A bar on stderr; each call names the next step."""
    folds = 0 if why_no_types(brain, label) else typing_folds(brain) + 1
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=STEPS - 2 + folds, completed=-1)
        yield lambda what: bar.update(task, description=what, advance=1)


def _print(
    mapped: Mapped,
    files: Sequence[Path],
    words: Sequence[str],
    data: Sequence[str],
    label: str,
    out: Path,
) -> None:
    """What was found, what was written, and the commands that give the same."""
    print(f"map: {mapped.space.how}")
    print(f"clusters: {int(mapped.cluster.max()) + 1} Leiden communities of the graph")
    if mapped.types is not None:
        right = f"{accuracy(mapped):.3f} of the typed ones get their own when it is hidden"
        print(f"types: predicted for {outcome(mapped.types, PRECISION)}; {right}")
    if mapped.typed is not None and (trouble := mapped.typed.typing.trouble):
        print(f"confidence: none, so that every neuron abstains: {trouble}")
    for path in files:
        print(f"File:  {path}")
    print(f"Run:   {out / RUN}")
    print("\nThe same step by step, with every option open:")
    run = _text(str(out / RUN))
    print(f"  {PROGRAM} train {_shell([*words, f'run_dir={run}'])}")
    look = [] if label == LABEL else [f"look.type_column={_text(label)}"]
    print(f"  {PROGRAM} evaluate {_shell([f'runs={run}', 'report=true', *look])}")
    if mapped.types is not None:
        more = [f"folds={FOLDS}", "controls=false", words[-1]]
        print(f"  {PROGRAM} types {_shell([*data, f'label={_text(label)}', *more])}")


def _shell(words: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, words))
