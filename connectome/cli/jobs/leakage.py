"""``leakage``: what shortcuts through each split protocol are worth."""

import sys

import pandas as pd
from omegaconf import DictConfig
from rich.console import Console
from rich.progress import track

from connectome.analysis.leaderboard import leakage
from connectome.cli.jobs.pairs import read_paired
from connectome.config import build
from connectome.data.neurons import FOUND_REMARK
from connectome.data.splits import PROTOCOLS, WHOLE
from connectome.types import InputError, NotApplicableError


def print_leakage(config: DictConfig) -> None:
    """Print the table of every protocol that the data allow, and why others are left out.

    Raises:
        InputError: if no protocol can split the data.
    """
    connectome = read_paired(config)
    build(config.split)  # so that a wrong option is named once, and first
    tables = []
    protocols = [name for name in PROTOCOLS if name != WHOLE]
    for protocol in track(protocols, "Splitting", console=Console(stderr=True)):
        config.split.protocol = protocol
        try:
            tables.append(leakage(connectome, build(config.split)))
        except NotApplicableError as error:
            print(f"left out: {error}", file=sys.stderr)
    if not tables:
        raise InputError(f"{connectome.name}: no protocol can split these data")
    print(pd.concat(tables).to_string(index=False, float_format="%.3f"))
    if connectome.found_pairs:
        print(f"note: {FOUND_REMARK}")
