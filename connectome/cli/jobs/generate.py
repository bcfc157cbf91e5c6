"""``generate``: connectomes drawn from the model of a finished run."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from connectome.analysis.generation import (
    FORMATS,
    REAL,
    Fit,
    Laws,
    Real,
    as_matrix,
    baselines,
    compare,
    draw,
    learned_counts,
    natural_overlap,
    observed_counts,
    plot_laws,
    plot_statistics,
    posterior,
    prior,
    write_brain,
    write_neurons,
)
from connectome.analysis.plotting import save_figure
from connectome.cli.generate import GenerateConfig
from connectome.cli.shared.options import MOST_SEED, read_options
from connectome.cli.shared.results import called_home, claim, log_to_wandb, read_data
from connectome.data.neurons import FOUND_REMARK
from connectome.models.generative import MOST_NEURONS
from connectome.runs import (
    COUNTS,
    EMBEDDING,
    Run,
    check_trust,
    find_runs,
    load_data_config,
    load_details,
    load_scorer,
    save_table,
    tell,
)
from connectome.scores import CountModel, Embedding
from connectome.types import Connectome, InputError

SOURCES = ("posterior", "prior")


def generate(overrides: Sequence[str]) -> None:
    """Do what the options say.

    Raises:
        InputError: if the run cannot be used, an option is wrong, or data cannot be read.
    """
    options = read_options(overrides, "generate", GenerateConfig)
    for several in ("source", "format"):
        if isinstance(options[several], str):
            options[several] = [options[several]]
    _check(options)
    found = find_runs(Path(options["runs"]))
    tell(found.damaged)
    run = _only(found.runs, options["runs"])
    real, embedding, model = _open(run, options["home"], check_trust(options["trust"]))
    out = Path(options["out"] or run.path / "generated")
    claim(out, options)
    seed, laws = int(options["seed"]), dict[str, Laws]()
    with Console(stderr=True).status("Fitting probabilities") as status:
        for name, law in _laws(real, embedding, model, options):
            laws[name] = law
        parts = [
            compare(real, name, law, options["samples"], seed, status.update)
            for name, law in laws.items()
        ]
        written = _write_brains(real, laws, options, out)
    tables = {
        "statistics": pd.concat([part.statistics for part in parts], ignore_index=True),
        "novelty": pd.concat([part.novelty for part in parts], ignore_index=True),
    }
    for name, table in tables.items():
        save_table(out / f"{name}.csv", table)
    figures = _figures(real, laws, tables["statistics"], seed, out)
    _print(real, tables, out, [*written, *figures])
    log_to_wandb(options, tables, figures, out, run.path.name, "generate")
    found.require_whole(f"runs={options['runs']}")


def _write_brains(
    real: Real, laws: dict[str, Laws], options: dict[str, Any], out: Path
) -> list[Path]:
    """The first brains of each source, and the table of their neurons; returns the files."""
    written = []
    for source in options["source"]:
        for number in range(options["keep"]):
            edges, synapses = draw(real, laws[source], int(options["seed"]), number)
            for suffix in options["format"]:
                path = out / f"{source}_{number:03d}.{suffix}"
                written.append(write_brain(path, real.connectome, edges, synapses))
    if written:
        written.append(write_neurons(out / "neurons.csv", real.connectome))
    return written


# Lowest and highest value of an option; a longer count would never end.
RANGES = {
    "samples": (1, 10**6),
    "keep": (0, 10**6),
    "blocks": (1, 10**6),
    "seed": (0, MOST_SEED),
}


def _check(options: dict[str, Any]) -> None:
    for option, known in (("source", SOURCES), ("format", tuple(FORMATS))):
        if not isinstance(options[option], list) or not options[option]:
            shown = "null" if options[option] is None else options[option]
            raise InputError(f"{option}={shown}: name at least one of {', '.join(known)}")
        for value in options[option]:
            if value not in known:
                raise InputError(f"{option}={value}: choose among {', '.join(known)}")
            if options[option].count(value) > 1:
                raise InputError(f"{option}: {value} stands twice; name it once")
    for option, (lowest, highest) in RANGES.items():
        if not lowest <= options[option] <= highest:
            raise InputError(f"{option}={options[option]}: must be from {lowest} to {highest}")


def _only(runs: Sequence[Run], where: str) -> Run:
    usable = [run for run in runs if run.latent_dim is not None]
    if not usable:
        raise InputError(
            f"runs={where}: no complete run of a method with factors; train one with "
            "experiment=generate"
        )
    if len(usable) > 1:
        names = ", ".join(run.path.name for run in usable[:3])
        raise InputError(f"runs={where}: {len(usable)} runs ({names} ...); name the folder of one")
    return usable[0]


def _open(
    run: Run, data: dict[str, Any], trust: tuple[str, ...]
) -> tuple[Real, Embedding, CountModel | None]:
    with called_home():
        described = load_data_config(run.path, data, trust)
    connectome: Connectome = read_data(described, run.path)
    scorer = load_scorer(run.path / EMBEDDING)
    if not isinstance(scorer, Embedding) or not run.identity["split.directed"]:
        raise InputError(
            f"{run.path}: {scorer.method} on undirected links; a connectome has a direction: train "
            "with experiment=generate, or split.directed=true and a method with factors"
        )
    if not scorer.of_factors:
        raise InputError(
            f"{run.path}: {scorer.method} scores by its training edges too, which a new brain has "
            "not; take a method with factors alone, model=directed_distance"
        )
    if scorer.data_fingerprint != connectome.fingerprint:
        raise InputError(
            f"{run.path}: made from another data set (fingerprint {scorer.data_fingerprint}, "
            f"{connectome.name} has {connectome.fingerprint}); say where its data are: +home.KEY="
        )
    if connectome.num_neurons > MOST_NEURONS:
        raise InputError(
            f"{connectome.name}: {connectome.num_neurons} neurons; generation holds all pairs in "
            f"memory, so give at most {MOST_NEURONS}"
        )
    real = Real.of(connectome)
    counts = load_details(run.path).counts
    if counts is None and run.identity.get("model.heads.count_weight"):
        raise InputError(f"{run.path / COUNTS}: is missing; copy the run again, or repeat train.py")
    if counts is None:
        print(
            f"{run.path.name} did not learn synapse counts (model.heads.count_weight): they are "
            "drawn from the real ones, whatever the pair",
            file=sys.stderr,
        )
    return real, scorer, counts


def _laws(
    real: Real, embedding: Embedding, model: CountModel | None, options: dict[str, Any]
) -> Iterator[tuple[str, Laws]]:
    observed, fit = observed_counts(real), Fit.of(real, embedding)
    counts = observed if model is None else learned_counts(model, real)
    if "posterior" in options["source"]:
        yield "posterior", posterior(real, fit, counts, "posterior")
    if "prior" in options["source"]:
        yield "prior", prior(real, fit, counts, "prior")
    if options["baselines"]:
        blocks = max(1, min(int(options["blocks"]), real.connectome.num_neurons // 4))
        yield from baselines(real, observed, blocks, int(options["seed"]))


def _figures(
    real: Real, laws: dict[str, Laws], table: pd.DataFrame, seed: int, out: Path
) -> list[Path]:
    name = real.connectome.name
    part = next(iter(real.parts))
    shown = {f"{side}{REAL}": found for side, found in real.own.items()}
    for source, law in laws.items():
        matrix = as_matrix(real, *draw(real, law, seed, 0))
        shown[source] = real.statistics(matrix)[part]
    figures = save_figure(plot_laws(shown, f"{name}, {part}"), out, "laws")
    if real.spread:
        figures += save_figure(plot_statistics(table, name), out, "statistics")
    return figures


def _print(real: Real, tables: dict[str, pd.DataFrame], out: Path, files: Sequence[Path]) -> None:
    statistics, novelty = tables["statistics"], tables["novelty"]
    print(statistics.to_string(index=False, float_format="%.4f"))
    shared = novelty.groupby("source", sort=False)[["links", "synapses", "shared"]].mean()
    if real.spread:
        inside = statistics.groupby("source", sort=False)[["mean_inside", "single_inside"]].sum()
        shared = inside.join(shared)
        count = statistics["statistic"].nunique()
        print(f"\nOf {count} statistics inside the spread of the two real hemispheres:")
    else:
        print("\nno two hemispheres of at least 20 neurons: nothing says how far brains may differ")
    print(shared.to_string(float_format="%.3f"))
    print(f"real: {int(real.linked.sum())} links, {float(real.synapses.sum()):.0f} synapses")
    if real.connectome.found_pairs:
        print(f"note: {FOUND_REMARK}")
    if np.isfinite(natural := natural_overlap(real)):
        print(
            f"of the links of a real hemisphere the other one has {natural:.3f}; compare 'shared'"
        )
    print()
    for name in tables:
        print(f"Table: {out / name}.csv")
    for path in files:
        print(f"File:  {path}")
