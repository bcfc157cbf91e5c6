"""``map``: what was typed and the data, read before anything that computes is imported."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from connectome.cli.map import LABEL, in_flags, with_flags
from connectome.cli.shared.lazily import do
from connectome.cli.shared.reading import read_brain, value_words
from connectome.config import load_config
from connectome.data.neurons import has_lists, no_types, usual_names, usual_type
from connectome.types import Connectome, InputError
from connectome.user_files import user_file


@dataclass(frozen=True, eq=False)
class Asked:
    """What is to be mapped.

    Attributes:
        brain: the data.
        words: options of the data in Hydra's words.
        label: column of types, which may be absent.
        out: where the results go.
        seed: of embedding, clusters and folds.
    """

    brain: Connectome
    words: list[str]
    label: str
    out: Path
    seed: int


def map_file(typed: argparse.Namespace) -> None:
    """Map the file that is asked for.

    Raises:
        InputError: if an option is wrong, data cannot be read, or results of others are in the way.
    """
    with in_flags():
        words, renamed = _data(typed)
        brain = read_brain(load_config(words).data)
    print(with_flags(str(brain.receipt)))
    if renamed:
        print(renamed)
    label = _label(brain, typed.label)
    _say_no_types(brain, label)
    out = Path(typed.out or Path("outputs") / "map" / brain.name)
    do("map.drawn:draw_map", Asked(brain, words, label, out, typed.seed))


def _data(typed: argparse.Namespace) -> tuple[list[str], str]:
    """Options of the data in Hydra's words, and what was renamed."""
    tables = [value_words(str(Path(table))) for table in typed.neurons]
    words = ["data=table", f"data.edges={value_words(str(Path(typed.edges)))}"]
    if tables:
        several = f"[{','.join(tables)}]"
        words.append(f"data.neurons={tables[0] if len(tables) == 1 else several}")
    for option in ("pre", "post", "synapses"):
        if (column := getattr(typed, option)) is not None:
            words.append(f"data.{option}={column if column == 'null' else value_words(column)}")
    if typed.min_synapses is not None:
        words.append(f"data.min_synapses={typed.min_synapses:g}")
    words += [f"data.{option}" for option in typed.set]
    if any(option.startswith("rename=") for option in typed.set):
        return words, ""
    names, writer = usual_names([user_file("data.neurons", one) for one in typed.neurons])
    if not names:
        return words, ""
    words.append(f"data.rename={{{', '.join(f'{old}: {new}' for old, new in names.items())}}}")
    pairs = ", ".join(f"{old} -> {new}" for old, new in names.items())
    return words, f"renamed, as these are columns of {writer}: {pairs}"


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
