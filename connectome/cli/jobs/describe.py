"""``describe``: what a connectome file holds, to be held against the publication."""

import json
import sys

from omegaconf import DictConfig
from rich.console import Console

from connectome.config import build
from connectome.data.describe import describe, print_description


def print_facts(config: DictConfig, as_json: bool) -> None:
    """Print neurons, edges, synapses, edge types, reciprocity and labels.

    Raises:
        InputError: if the data cannot be read.
    """
    facts = describe(build(config.data))
    if as_json:
        json.dump(facts.as_dict(), sys.stdout, indent=2)
        print()
    else:
        print_description(facts, Console())
