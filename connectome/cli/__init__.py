"""Commands of ``python -m connectome``: one module each, and their table.

A module owns its parser, the schema of its options if it has a configuration file, and
``run(words)``, which reads what was typed after its name and has it done by a module in ``jobs``.
Both are imported when they are needed, so that neither the table nor ``--help`` costs anything. A
new command is a module and a line in :data:`COMMANDS`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """What is known of a command before it is imported.

    Attributes:
        module: full name of the module with ``run(words)``.
        summary: its line in ``--help``.
    """

    module: str
    summary: str


COMMANDS = {
    "map": Command(
        "connectome.cli.map", "one command from an edge list to a page and a table of its neurons"
    ),
    "train": Command(
        "connectome.cli.train", "train and test one method, or with -m every combination of several"
    ),
    "evaluate": Command(
        "connectome.cli.evaluate", "recompute the metrics of finished runs; report on embeddings"
    ),
    "describe": Command(
        "connectome.cli.describe",
        "print neurons, edges, synapses, edge types, reciprocity and labels",
    ),
    "leakage": Command(
        "connectome.cli.leakage", "print what shortcuts through each split protocol are worth"
    ),
    "export": Command(
        "connectome.cli.export", "write the embeddings of finished runs as Parquet, NPZ or AnnData"
    ),
    "transfer": Command(
        "connectome.cli.transfer",
        "embed brains that a model was not trained on: links, cell types, homologs",
    ),
    "generate": Command(
        "connectome.cli.generate",
        "draw connectomes from a model, and compare them with the real one",
    ),
    "types": Command(
        "connectome.cli.types",
        "predict cell types from wiring: from a few known neurons, or from another brain",
    ),
    "match": Command(
        "connectome.cli.match",
        "match the neurons of two brains, or of two sides of one, from wiring",
    ),
    "dashboard": Command(
        "connectome.cli.dashboard", "save the view of W&B in which the methods of a study compare"
    ),
    "spectral": Command("connectome.cli.spectral", "embed a graph that is larger than memory"),
}
