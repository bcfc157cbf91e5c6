"""``map``: from an edge list to a page and a table of its neurons, by one command."""

import argparse
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from omegaconf import OmegaConf

from connectome.cli.shared.lazily import do
from connectome.cli.shared.options import require_seed
from connectome.cli.shared.parsing import command_parser
from connectome.config import config_folder
from connectome.input_error import InputError
from connectome.user_files import require_files, user_file

LABEL = "cell_type"


def parser() -> argparse.ArgumentParser:
    """What may be typed after ``map``."""
    command = command_parser(
        "map",
        "Map the neurons of a connectome: read EDGES, embed every neuron, draw it in 2-d, cluster\n"
        "the graph, and predict the types of untyped neurons where others are typed. Writes\n"
        "explorer.html (a page to open in a browser, no network needed), neurons.csv and\n"
        "neurons.xlsx (one row a neuron) and run/ (the embedding).\n\n"
        "EDGES is an edge list, a graph or a matrix: CSV, Excel, Parquet, GraphML, MATLAB, .npz,\n"
        ".h5ad and others. The columns of Codex, CAVE and neuPrint are recognised.",
        [
            "edges.csv",
            "edges.csv --neurons neurons.csv --out mine",
            "connections_princeton.csv.gz --neurons classification.csv.gz \\\n"
            "      --neurons consolidated_cell_types.csv.gz",
            "edges.csv --pre axon_of --post onto --synapses n --min-synapses 5",
            "synapses.parquet --set 'no_neuron=[0]'",
        ],
    )
    command.add_argument("edges", metavar="EDGES", help="file of connections")
    add = command.add_argument
    add("--neurons", metavar="TABLE", action="append", default=[], help="annotations, a row a "
        "neuron: cell_type, hemisphere, any others; repeat it for several tables")  # fmt: skip
    add("--out", metavar="FOLDER", help="where results go (default: outputs/map/NAME)")
    add("--label", metavar="COLUMN", help=f"column with types (default: {LABEL})")
    add("--pre", metavar="COLUMN", help="column of the presynaptic neuron")
    add("--post", metavar="COLUMN", help="column of the postsynaptic neuron")
    add("--synapses", metavar="COLUMN", help="column of synapse counts; null: a row is a synapse")
    add("--min-synapses", metavar="N", type=float, help="leave out weaker connections")
    add("--seed", type=int, default=0, help="of the embedding and the clusters (default: 0)")
    add("--set", metavar="KEY=VALUE", action="append", default=[], help="any other option of "
        "data=table, such as 'rename={type: cell_type}'")  # fmt: skip
    return command


def run(words: Sequence[str]) -> None:
    """Read the options and do what they say.

    Raises:
        InputError: before anything is imported for it, for files that are not there, several
            files of edges, and a wrong seed.
    """
    command = parser()
    asked, rest = command.parse_known_args(words)
    if rest and not rest[0].startswith("-"):
        raise InputError(
            f"{rest[0]}: EDGES is one file; give a neuron table as --neurons {rest[0]}"
        )
    if rest:
        command.error(f"unrecognized arguments: {' '.join(rest)}")
    require_seed(asked.seed, f"--seed {asked.seed}")
    with in_flags():
        tables = [user_file("data.neurons", table) for table in asked.neurons]
        require_files([user_file("data.edges", asked.edges), *tables])
    do("map.read:map_file", asked)


@contextmanager
def in_flags() -> Iterator[None]:
    """Name options in errors as they are typed after ``map``."""
    try:
        yield
    except InputError as error:
        raise type(error)(with_flags(str(error))) from error


def with_flags(message: str) -> str:
    """A message of the readers with the options of this command."""
    message = re.sub(r"\bdata\.edges\b", "EDGES", message.replace("data.edges=", "EDGES "))
    message = re.sub(r"\bdata\.min_synapses\b", "--min-synapses", message)
    message = re.sub(r"\bdata\.(neurons|pre|post|synapses)\b", r"--\1", message)
    message = re.sub(r"(?<![\w.-])out=", "--out ", message)
    message = re.sub(r"(--[a-z-]+)=", r"\1 ", message)
    others = "|".join(OmegaConf.load(config_folder() / "data" / "table.yaml"))
    return re.sub(rf"\bdata\.({others})\b", r"--set \1", message)  # data.csv is a file
