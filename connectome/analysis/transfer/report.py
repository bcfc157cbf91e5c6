"""Tables, pictures and a page of brains that a model places in one space."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from connectome.analysis.explorer import make_explorer, write_explorer
from connectome.analysis.explorer.content import MapView
from connectome.analysis.export import export
from connectome.analysis.latent import COMPONENTS, LatentSpace
from connectome.analysis.plotting import save_figure
from connectome.analysis.questions import ask
from connectome.analysis.transfer.cell_types import mixing_table, predicted_types, type_table
from connectome.analysis.transfer.figures import plot_aligned, plot_links
from connectome.analysis.transfer.homologs import homolog_rows, known_pairs
from connectome.analysis.transfer.links import Placed, by_member, link_table
from connectome.data.neurons import PAIR_COLUMN
from connectome.data.readers import join
from connectome.models.maps import plane
from connectome.runs import save_table
from connectome.scores import Embedding
from connectome.types import Connectome, NotApplicableError

GAP = 1.15  # widths of the map from one brain to the next, side by side


@dataclass(frozen=True)
class TransferReport:
    """What was written.

    Attributes:
        tables: by file name without suffix, with the columns that their makers document.
        files: figures, embeddings, predictions and pages.
        left_out: questions without an answer, and why.
    """

    tables: dict[str, pd.DataFrame]
    files: list[Path]
    left_out: tuple[str, ...]


def report_transfer(
    placed: Sequence[Placed],
    folder: Path,
    match_starts: int = 1,
    explorer: bool = True,
    note: Callable[[str], None] = print,
) -> TransferReport:
    """Ask everything of every brain that a model was not trained on, and write the answers.

    Brains that a model was trained on together are held against each other, too: what one says of
    the cell types and homologs of the other is not shown in training either.

    Args:
        placed: brains in the spaces of models; each model with the brain that it was trained on.
        folder: where ``links.csv``, ``cell_types.csv``, ``homologs.csv``, ``mixing.csv``, figures,
            and for each pair of brains embedding, predicted types and page go.
        match_starts: of graph matching, the best is kept; 0 for none.
        explorer: whether to write pages.
        note: told what is being done.
    """
    homes = {one.model: one for one in placed if one.at_home}
    files: list[Path] = []
    left_out: list[str] = []
    parts: dict[str, list[pd.DataFrame]] = {"cell_types": [], "homologs": [], "mixing": []}
    note("links")
    links = link_table(placed, placed[0].seen.latent_dim)
    for home, away in _pairs(placed, homes):
        where = f"{home.brain.name} to {away.brain.name}"
        asked: dict[str, Callable[[], pd.DataFrame]] = {
            "cell_types": lambda home=home, away=away: type_table(home, away),  # type: ignore[misc]
            "homologs": lambda home=home, away=away: pd.concat(  # type: ignore[misc]
                [homolog_rows(one, away, match_starts) for one in by_member(home)],
                ignore_index=True,
            ),
            "mixing": lambda home=home, away=away: mixing_table(home, away),  # type: ignore[misc]
        }
        for name, answer in asked.items():
            note(f"{where}: {name.replace('_', ' ')}")
            ask(f"{where}: {name}", partial(_add, parts[name], answer), left_out)
        files += _write_pair(home, away, folder, explorer, left_out)
    tables = {"links": links}
    tables |= {name: pd.concat(found, ignore_index=True) for name, found in parts.items() if found}
    for name, table in tables.items():
        save_table(folder / f"{name}.csv", table)
    files += save_figure(plot_links(links, "transfer"), folder, "links")
    return TransferReport(tables, files, tuple(dict.fromkeys(left_out)))


def _add(found: list[pd.DataFrame], answer: Callable[[], pd.DataFrame]) -> None:
    found.append(answer())


def _pairs(placed: Sequence[Placed], homes: dict[str, Placed]) -> Iterator[tuple[Placed, Placed]]:
    """The brain trained on and another one; then those trained on together, two at a time."""
    for away in placed:
        if not away.at_home:
            yield homes[away.model], away
    for home in homes.values():
        yield from combinations(by_member(home), 2)


def _write_pair(
    home: Placed, away: Placed, folder: Path, explorer: bool, left_out: list[str]
) -> list[Path]:
    """Embedding, predicted types, map and page of one brain in the space of another's model."""
    stem = f"{away.brain.name}_by_{home.model}"
    embedding = replace(away.whole, data_fingerprint=away.brain.connectome.fingerprint)
    files = [export(embedding, away.brain.connectome, folder / f"{stem}.parquet")]
    path = folder / f"{stem}_predicted_types.csv"

    def predict() -> None:
        save_table(path, predicted_types(home, away))
        files.append(path)

    ask(f"{stem}: predicted types", predict, left_out)
    shown = [home, away]
    places = _plane([one.space for one in shown])
    names = [f"{home.brain.name} (trained on)" if home.at_home else home.brain.name]
    names.append(away.brain.name)
    figure = plot_aligned(
        dict(zip(names, places, strict=True)),
        {name: one.brain.types for name, one in zip(names, shown, strict=True)},
        f"one space, {home.whole.method}",
        [one.brain.connectome.display for one in shown],
    )
    files += save_figure(figure, folder, f"{stem}_map")
    if explorer:
        files.append(_page(home, away, places, folder / f"{stem}.html"))
    return files


def _plane(spaces: list[np.ndarray]) -> list[np.ndarray]:
    """``[N, 2]`` of each, by principal components of all together."""
    both = plane(np.concatenate(spaces))
    cuts = np.cumsum([len(space) for space in spaces])[:-1]
    return [np.asarray(part, dtype=np.float32) for part in np.split(both, cuts)]


def _page(home: Placed, away: Placed, places: list[np.ndarray], path: Path) -> Path:
    brains = {one.brain.name: one.brain.connectome for one in (home, away)}
    joined = join("both", brains)
    joined = replace(joined, name=" and ".join(brains), neurons=_with_pairs(joined, home, away))
    shared = torch.from_numpy(np.concatenate([home.space, away.space])).float()
    embedding = Embedding(home.whole.method, joined.neuron_ids, shared, shared)
    one = (embedding,)  # by components, as the figure of the same places
    space = LatentSpace("one space", shared.shape[1], one, held_out=False, map=COMPONENTS)
    made = {
        "made by": f"connectome-latent {version('connectome-latent')}",
        "model": f"{home.whole.method}, trained on {home.home}",
        "data": ", ".join(f"{n}, fingerprint {b.fingerprint}" for n, b in brains.items()),
        "cite": joined.citation or "the publications of the data",
    }
    page = make_explorer(joined, [space], None, {}, None, {}, made)
    width = float(np.ptp(np.concatenate(places)[:, 0])) or 1.0
    apart = [place + np.array([GAP * width * k, 0]) for k, place in enumerate(places)]
    beside = MapView(
        method="side by side",
        latent_dim=space.latent_dim,
        position=np.concatenate(apart).astype(np.float32),
        latent=page.views[0].latent,
        how=f"{page.views[0].how} The second brain is moved to the right, and by nothing else.",
    )
    return write_explorer(path, replace(page, views=(*page.views, beside)))


def _with_pairs(joined: Connectome, home: Placed, away: Placed) -> pd.DataFrame:
    """The annotations, with the neuron of the other brain that is known to be the same."""
    table = joined.neurons.copy()
    try:
        pairs = known_pairs(home.brain.connectome, away.brain.connectome)
    except NotApplicableError:
        return table
    mate: list[object] = [None] * len(table)
    for here, there in pairs + np.array([0, home.brain.connectome.num_neurons]):
        mate[here], mate[there] = joined.neuron_ids[there], joined.neuron_ids[here]
    table[PAIR_COLUMN] = pd.Series(mate, dtype="Int64" if _whole(joined) else "string")
    return table


def _whole(connectome: Connectome) -> bool:
    return connectome.neuron_ids.dtype.kind == "i"


def over_models(table: pd.DataFrame) -> pd.DataFrame:
    """Means over models that were trained alike, such as those of several seeds, best first.

    Returns:
        The columns of ``table`` without ``model``, and ``runs``: how many models a row is the mean
        of.
    """
    columns = [str(c) for c in table if c != "model"]
    labels = [c for c in columns if not pd.api.types.is_numeric_dtype(table[c])]
    numbers = [c for c in columns if c not in labels]
    groups = table.groupby(labels, sort=False)
    means = groups[numbers].mean()
    whole = [name for name in numbers if (means[name] % 1 == 0).all()]
    means = means.astype(dict.fromkeys(whole, int))  # counts, which are the same for all
    means.insert(len(numbers), "runs", groups.size())
    first = numbers[numbers.index("accuracy")] if "accuracy" in numbers else numbers[0]
    brains = [c for c in ("brain", "home", "away") if c in labels]
    order = [*brains, first]
    ascending = [*[True] * len(brains), False]
    return means.reset_index().sort_values(order, ascending=ascending, ignore_index=True)


def print_transfer(report: TransferReport, folder: Path) -> None:
    """Print the means over models, where the tables are, and what was left out."""
    for name, table in report.tables.items():
        print(f"\n{name.replace('_', ' ')}")
        print(over_models(table).to_string(index=False, float_format="%.3f"))
    print()
    for name in report.tables:
        print(f"Table: {folder / name}.csv")
    for path in report.files:
        print(f"File:  {path}")
    for reason in report.left_out:
        print(f"left out: {reason}", file=sys.stderr)
