"""``spectral``: embed a graph that is larger than memory."""

import argparse
import json

from connectome.analysis.out_of_core import embed_edge_file


def embed(arguments: argparse.Namespace) -> None:
    """Embed, and print what was done as JSON.

    Raises:
        InputError: if the file holds no edges, or an option is wrong.
    """
    report = embed_edge_file(
        edges=arguments.edges,
        out=arguments.out,
        latent_dim=arguments.dim,
        variant=arguments.variant,
        directed=arguments.directed,
        num_neurons=arguments.neurons,
        solver=arguments.solver,
        max_memory=arguments.max_memory * 2**20,
    )
    print(json.dumps(report, indent=2))
