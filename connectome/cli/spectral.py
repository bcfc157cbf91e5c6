"""``spectral``: embed a graph that is larger than memory."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from connectome.cli.shared.lazily import do
from connectome.cli.shared.parsing import command_parser


def parser() -> argparse.ArgumentParser:
    """What may be typed after ``spectral``."""
    command = command_parser(
        "spectral",
        "Spectral embedding of the edges in an .npy file of integers [2, M], positions from 0. "
        "Edges are sorted and multiplied on disk; only vectors are held in memory.",
        ["EDGES.npy --dim 24 --out FOLDER"],
    )
    command.add_argument("edges", type=Path, metavar="EDGES.npy")
    command.add_argument("--dim", type=int, required=True, help="number of dimensions")
    command.add_argument("--out", type=Path, required=True, help="new folder to write to")
    variants = "ase (default), lse, laplacian or diffusion"
    command.add_argument("--variant", default="ase", help=variants)
    command.add_argument("--directed", action="store_true", help="(pre, post) is not (post, pre)")
    command.add_argument("--neurons", type=int, help="default: the largest position and one")
    command.add_argument("--solver", default="auto", help="auto, lanczos or randomized")
    command.add_argument("--max-memory", type=int, default=256, help="MiB of edges (default: 256)")
    return command


def run(words: Sequence[str]) -> None:
    """Read the options and do what they say."""
    do("spectral:embed", parser().parse_args(words))
