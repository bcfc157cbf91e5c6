"""Command line of the package: ``python -m connectome describe data=...``."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from omegaconf import DictConfig
from rich.console import Console
from rich.progress import track

from connectome.analysis import Run, about, find_runs, leakage, tell
from connectome.analysis.export import check_format
from connectome.analysis.export_runs import export_run
from connectome.analysis.mapped import embed_edge_file
from connectome.build import build
from connectome.commands import generate, transfer
from connectome.config import load_config
from connectome.data import PROTOCOLS, WHOLE, describe, print_description
from connectome.data.storage import CONFIG
from connectome.data.stored_config import check_trust, load_data_config, using
from connectome.errors import run_program
from connectome.types import Connectome, InputError, NotApplicableError

EPILOG = """\
examples:
  python -m connectome describe
  python -m connectome describe data=mushroom_body data.side=left
  python -m connectome describe data=larva_brain data.archive=PATH/Supplementary-Data-S1.zip --json
  python -m connectome describe data=table data.edges=edges.csv data.pre=from data.post=to
  python -m connectome leakage data=larva_brain data.archive=PATH split.directed=true
  python -m connectome export runs=outputs/latent_map_mushroom_body format=parquet,h5ad
  python -m connectome export runs=RUN out=FOLDER +data.archive=PATH   # the data have moved since
  python -m connectome transfer runs=outputs/transfer_mushroom_body
  python -m connectome generate runs=outputs/generate_larva_brain/RUN samples=20 format=[graphml]
  python -m connectome spectral EDGES.npy --dim 24 --out FOLDER        # larger than memory

train and compare methods with train.py, recompute their metrics with evaluate.py
"""


def parser() -> argparse.ArgumentParser:
    """The argument parser."""
    top = argparse.ArgumentParser(
        prog="python -m connectome",
        description=(
            "What a connectome file holds, how a split of it can leak, and embeddings for other "
            "programs."
        ),
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True)
    command = _add_command(
        commands,
        "describe",
        "print neurons, edges, synapses, edge types, reciprocity and labels",
        "Print what was loaded, to be held against the publication.",
    )
    _add_overrides(command, "data=NAME data.KEY=VALUE")
    command.add_argument("--json", action="store_true", help="print JSON for machines")
    command = _add_command(
        commands,
        "leakage",
        "print what shortcuts through each split protocol are worth",
        "Split the data under every protocol they allow, and score the held-out links by the leak "
        "alone: does the reverse, or the left-right mirror image, stand in training? 'exposed' is "
        "the share of test links that the route reaches, 'without' the AUC when it is closed.",
    )
    _add_overrides(command, "data=NAME data.KEY=VALUE split.KEY=VALUE")
    _add_export(commands)
    _add_configured(commands)
    _add_spectral(commands)
    return top


def _add_configured(commands: Any) -> None:
    """The commands whose options stand in a configuration file of their own."""
    command = _add_command(
        commands,
        "transfer",
        "embed brains that a model was not trained on: links, cell types, homologs",
        "Embed a brain with the model of a finished run (model=inductive) that never saw it, and "
        "say what that is worth: links held out, cell types of one brain read off the other's, "
        "homologs without a known pair, mixing; each beside what needs no model. Runs on several "
        "brains are tried on each other's. Tables, maps, predicted types and an explorer page go "
        "to RUNS/transfer.",
    )
    syntax = "runs=FOLDER [data=NAME data.KEY=VALUE] [KEY=VALUE]"
    _add_overrides(command, syntax, "options, with defaults:\n" + transfer.describe_options())
    command = _add_command(
        commands,
        "generate",
        "draw connectomes from a model, and compare them with the real one",
        "Draw brains from the model of a finished run (experiment=generate) and hold ten "
        "statistics of each hemisphere against the real one, in units of how far the two real "
        "hemispheres are apart; beside random graphs of simpler laws. Tables, figures and brains "
        "go to RUN/generated.",
    )
    explained = "options, with defaults:\n" + generate.describe_options()
    _add_overrides(command, "runs=RUN [KEY=VALUE]", explained)


def _add_export(commands: Any) -> None:
    command = _add_command(
        commands,
        "export",
        "write the embeddings of finished runs as Parquet, NPZ or AnnData",
        "Write the embedding of every finished run in a folder, one row a neuron, with the "
        "annotations of its data, which are read again. Methods without factors are left out.",
    )
    _add_overrides(
        command,
        "runs=FOLDER out=FOLDER format=parquet,npz,h5ad trust=MODULE +data.KEY=VALUE",
        "a run or a folder of runs; where to write (default: RUNS/export); formats (default: "
        "parquet); a module of your own whose classes a run may name; options of the data that "
        "have changed since, such as +data.archive=PATH",
    )


def _add_spectral(commands: Any) -> None:
    command = _add_command(
        commands,
        "spectral",
        "embed a graph that is larger than memory",
        "Spectral embedding of the edges in an .npy file of integers [2, M], positions from 0. "
        "Edges are sorted and multiplied on disk; only vectors are held in memory.",
    )
    command.add_argument("edges", type=Path, metavar="EDGES.npy")
    command.add_argument("--dim", type=int, required=True, help="number of dimensions")
    command.add_argument("--out", type=Path, required=True, help="new folder to write to")
    command.add_argument("--variant", default="ase", help="ase (default), lse or laplacian")
    command.add_argument("--directed", action="store_true", help="(pre, post) is not (post, pre)")
    command.add_argument("--neurons", type=int, help="default: the largest position and one")
    command.add_argument("--solver", default="auto", help="auto, lanczos or randomized")
    command.add_argument("--max-memory", type=int, default=256, help="MiB of edges (default: 256)")


def _add_command(
    commands: Any, name: str, summary: str, description: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return command


def _add_overrides(
    command: argparse.ArgumentParser,
    syntax: str,
    explanation: str = "which data, in the syntax of train.py (default: data=mushroom_body)",
) -> None:
    command.add_argument("overrides", nargs="*", metavar=syntax, help=explanation)


def run() -> None:
    """Run the command that was named."""
    arguments = parser().parse_args()
    if arguments.command == "describe":
        facts = describe(build(_config(arguments, "data")["data"]))
        if arguments.json:
            json.dump(facts.as_dict(), sys.stdout, indent=2)
            print()
        else:
            print_description(facts, Console())
    elif arguments.command == "export":
        export_all(*_export_options(arguments.overrides))
    elif arguments.command == "transfer":
        transfer.transfer(arguments.overrides)
    elif arguments.command == "generate":
        generate.generate(arguments.overrides)
    elif arguments.command == "spectral":
        print(json.dumps(embed(arguments), indent=2))
    else:
        print_leakage(_config(arguments, "data", "split"))


def embed(arguments: argparse.Namespace) -> dict[str, object]:
    """Run ``spectral`` and return what it reports."""
    return embed_edge_file(
        edges=arguments.edges,
        out=arguments.out,
        latent_dim=arguments.dim,
        variant=arguments.variant,
        directed=arguments.directed,
        num_neurons=arguments.neurons,
        solver=arguments.solver,
        max_memory=arguments.max_memory * 2**20,
    )


def _config(arguments: argparse.Namespace, *groups: str) -> DictConfig:
    """Composed from the overrides, which may touch ``groups`` only."""
    for override in arguments.overrides:
        if override.lstrip("+").split("=")[0].split(".")[0] not in groups:
            allowed = " and ".join(f"{group}.KEY=VALUE" for group in groups)
            raise InputError(f"{override}: {arguments.command} takes data=NAME, {allowed} only")
    return load_config(arguments.overrides)


def print_leakage(config: DictConfig) -> None:
    """Print the table of every protocol that the data allow, and why others are left out."""
    connectome = build(config.data)
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


def _export_options(
    words: Sequence[str],
) -> tuple[Path, Path, list[str], dict[str, Any], tuple[str, ...]]:
    """Folder of runs, folder to write to, formats, options that replace those of the data, and
    modules to trust."""
    given, data = {"format": "parquet"}, []
    for word in words:
        key, _, value = word.lstrip("+").partition("=")
        if value and key in ("runs", "out", "format", "trust"):
            given[key] = value
        elif value and key.startswith("data."):
            data.append(f"+{key}={value}")
        else:
            raise InputError(
                f"{word}: export takes runs, out, format, trust and data.KEY=VALUE only"
            )
    if "runs" not in given:
        raise InputError("runs: has no default; set runs=FOLDER")
    runs = Path(given["runs"])
    formats = [check_format(name, f"format={name}") for name in given["format"].split(",")]
    out = Path(given["out"]) if "out" in given else runs / "export"
    replaced = dict(load_config(data, "evaluate").data or {})
    return runs, out, formats, replaced, check_trust(given.get("trust"))


def export_all(
    folder: Path,
    out: Path,
    formats: list[str],
    data: dict[str, Any],
    trust: tuple[str, ...] = (),
) -> None:
    """Write every run in ``folder`` below ``out``, under the names that they have there.

    Raises:
        InputError: if there is none, or one could not be exported; each is named on stderr.
    """
    found = find_runs(folder)
    tell(found.damaged)
    written: list[Path] = []
    failed = len(found.damaged)
    read = _reader(data, trust)
    for run in track(found.runs, "Exporting", console=Console(stderr=True)):
        try:
            written += export_run(run, out / _name(run, folder), formats, read)
        except NotApplicableError as error:
            print(f"left out: {about(run, error)}", file=sys.stderr)
        except InputError as error:
            failed += 1
            print(f"error: {about(run, error)}", file=sys.stderr)
    for path in written:
        print(path)
    if failed:
        total = len(found.runs) + len(found.damaged)
        raise InputError(f"runs={folder}: {failed} of {total} runs could not be exported")
    if not written:
        raise InputError(f"runs={folder}: holds no complete run of a method with factors")


def _name(run: Run, folder: Path) -> Path:
    """Where a run lies in ``folder``; its own name if it is the folder."""
    inside = run.path.relative_to(folder)
    return inside if inside.name else Path(run.path.resolve().name)


def _reader(replaced: dict[str, Any], trust: tuple[str, ...]) -> Callable[[Path], Connectome]:
    """Reads data of runs, with ``replaced`` instead of what they say; the same data only once."""
    known: dict[str, Connectome] = {}

    def read(run: Path) -> Connectome:
        wanted = load_data_config(run, replaced, trust)
        key = json.dumps(wanted, sort_keys=True, default=str)
        if key not in known:
            with using(run / CONFIG):
                known[key] = build(wanted)
        return known[key]

    return read


def main() -> None:
    """Entry point."""
    run_program(run)


if __name__ == "__main__":
    main()
