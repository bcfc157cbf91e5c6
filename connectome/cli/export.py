"""``export``: embeddings of finished runs for other programs."""

import argparse
from collections.abc import Sequence

from connectome.cli.shared.lazily import do
from connectome.cli.shared.parsing import add_overrides, command_parser


def parser() -> argparse.ArgumentParser:
    """What may be typed after ``export``."""
    command = command_parser(
        "export",
        "Write the embedding of every finished run in a folder, one row a neuron, with the "
        "annotations of its data, which are read again. Methods without factors are left out.",
        [
            "runs=outputs/latent_map_mushroom_body format=xlsx,h5ad",
            "runs=RUN out=FOLDER +data.archive=PATH   # the data have moved since",
        ],
    )
    add_overrides(
        command,
        "runs=FOLDER out=FOLDER format=NAME,NAME trust=MODULE +data.KEY=VALUE",
        "a run or a folder of runs; where to write (default: RUNS/export); formats, of csv, xlsx, "
        "parquet (the default), npz, h5ad (AnnData), graphml, bigclust (a project of bigclust2) "
        "and atlas (Parquet for embedding-atlas); a module of your own whose classes a run may "
        "name; options of the data that have changed since, such as +data.archive=PATH",
    )
    return command


def run(words: Sequence[str]) -> None:
    """Read the options and do what they say."""
    do("export:export", parser().parse_args(words).overrides)
