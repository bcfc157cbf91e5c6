"""``describe``: what a connectome file holds, to be held against the publication."""

import json
import sys
from contextlib import nullcontext

from omegaconf import DictConfig
from rich.console import Console

from connectome.cli.jobs.pairs import read_paired
from connectome.data.describe import describe, print_description
from connectome.receipt import printed_later


def print_facts(config: DictConfig, as_json: bool) -> None:
    """Print neurons, edges, synapses, edge types, reciprocity and labels.

    Raises:
        InputError: if the data cannot be read.
    """
    with nullcontext() if as_json else printed_later():
        facts = describe(read_paired(config))
    if as_json:
        json.dump(facts.as_dict(), sys.stdout, indent=2)
        print()
    else:
        print_description(facts, Console())
