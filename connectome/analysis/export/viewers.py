"""Projects that viewers of the field open: bigclust2 and embedding-atlas."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from connectome.analysis.explorer import type_colours
from connectome.analysis.export.frame import annotations, facts
from connectome.analysis.latent import FlatMap, factors_of
from connectome.models.maps import nearest_others
from connectome.runs import save_json
from connectome.runtime import into_place
from connectome.scores import Embedding
from connectome.types import Connectome, InputError

LABEL = "cell_type"  # the column that labels and colours neurons, if there is one
UNLABELLED = "#808080"
ATLAS_NEIGHBOURS = 15
EXACT = 2**53  # JavaScript's numbers hold every integer up to here


def write_bigclust(
    folder: Path, embedding: Embedding, connectome: Connectome | None, flat: FlatMap
) -> None:
    """Write a project of bigclust2 (https://github.com/flyconnectome/bigclust2) as a folder.

    ``meta.parquet``: ``id``, ``label`` (the cell type), ``dataset`` (the brain), ``color`` and the
    annotations. ``embeddings.parquet``: ``x, y`` of ``flat``. ``features.parquet``: the factors,
    ids as index. ``info``, written last, names them and says what ``x, y`` are. All rows are in
    the order of the data.

    Raises:
        InputError: of other data, or with an annotation called as one of the columns.
    """
    labels = annotations(embedding, connectome)
    own = {
        "id": _ids(embedding),
        "label": _label(labels, len(embedding.neuron_ids)),
        "dataset": _brains(embedding, connectome),
        "color": _colours(labels, len(embedding.neuron_ids), connectome),
    }
    _require_free(folder, labels, own)
    factors = factors_of(embedding).astype(np.float32)
    features = pd.DataFrame(factors, index=own["id"].to_numpy())
    features.columns = [f"factor_{k}" for k in range(factors.shape[1])]
    places = pd.DataFrame(flat.position, columns=["x", "y"])
    (folder / "info").unlink(missing_ok=True)  # no project while half of it is that of before
    for name, table in (("meta", pd.DataFrame(own | labels)), ("embeddings", places)):
        _save(folder / f"{name}.parquet", table, False)
    _save(folder / "features.parquet", features, True)
    save_json(folder / "info", _info(embedding, connectome, flat))


def _info(embedding: Embedding, connectome: Connectome | None, flat: FlatMap) -> dict[str, object]:
    about = facts(embedding, connectome)
    cite = [f"cite: {about['citation']}"] if about["citation"] else []
    return {
        "name": f"{about['data'] or 'embedding'}, {embedding.method}, d = {embedding.latent_dim}",
        "dataset": about["data"],
        "description": "; ".join([f"x, y: {flat.how}", *cite]),
        "meta": {"file": "meta.parquet", "color": "color"},
        "embeddings": {"file": "embeddings.parquet"},
        "features": {"file": "features.parquet", "type": "latent factors"},
    }


def write_atlas(
    path: Path, embedding: Embedding, connectome: Connectome | None, flat: FlatMap
) -> None:
    """Write Parquet for embedding-atlas (https://github.com/apple/embedding-atlas).

    ``neuron_id`` as text, the annotations (long whole numbers as text too, since a page rounds
    them), ``x, y`` of ``flat``, and ``neighbors``: the rows of the nearest neurons in the latent
    space and their distances. What ``x, y`` are is in the metadata, ``map``. Open it with
    ``embedding-atlas FILE --x x --y y --neighbors neighbors``.

    Raises:
        InputError: of other data, or with an annotation called as one of the columns.
    """
    labels = annotations(embedding, connectome)
    factors = factors_of(embedding)
    near = nearest_others(factors, ATLAS_NEIGHBOURS)
    x, y = flat.position.T
    own = {"neuron_id": pd.Series(embedding.neuron_ids.astype(str), dtype="string")}
    places = {"x": pd.Series(x), "y": pd.Series(y)}
    _require_free(path, labels, own | places | {"neighbors": x})
    shown = {name: _exact(column) for name, column in labels.items()}
    table = pa.Table.from_pandas(pd.DataFrame(own | shown | places), preserve_index=False)
    lists = [pa.array(list(near.rows)), pa.array(list(near.distances.astype(np.float32)))]
    table = table.append_column(
        "neighbors", pa.StructArray.from_arrays(lists, ["ids", "distances"])
    )
    said = (table.schema.metadata or {}) | {b"map": flat.how.encode()}
    with into_place(path) as beside:
        pyarrow.parquet.write_table(table.replace_schema_metadata(said), beside)


def _exact(column: pd.Series) -> pd.Series:
    """The same values, as text where they are whole numbers that JavaScript would round."""
    whole = column.dtype.kind in "iu"
    long = whole and not bool(column.fillna(0).between(-EXACT, EXACT).all())
    return column.astype("string") if long else column


def _require_free(path: Path, labels: dict[str, pd.Series], own: Mapping[str, object]) -> None:
    if clash := sorted(labels.keys() & own.keys()):
        raise InputError(
            f"{path}: the neuron table has a column '{clash[0]}' of its own; rename it, as with "
            f"+data.rename.{clash[0]}=NAME"
        )


def _save(path: Path, table: pd.DataFrame, index: bool) -> None:
    with into_place(path) as beside:
        table.to_parquet(beside, engine="pyarrow", index=index)


def _ids(embedding: Embedding) -> pd.Series:
    ids = embedding.neuron_ids
    return pd.Series(ids, dtype="int64" if ids.dtype.kind == "i" else "string")


def _label(labels: dict[str, pd.Series], count: int) -> pd.Series:
    """The cell type as text, empty where unknown."""
    if LABEL not in labels:
        return pd.Series([""] * count, dtype="string")
    return labels[LABEL].astype("string").fillna("")


def _brains(embedding: Embedding, connectome: Connectome | None) -> pd.Series:
    """Name of the brain that each neuron is of."""
    if connectome is None:
        return pd.Series(["neurons"] * len(embedding.neuron_ids), dtype="string")
    names = np.array(connectome.member_names or (connectome.name,), dtype=object)
    return pd.Series(names[connectome.member.numpy()], dtype="string")


def _colours(labels: dict[str, pd.Series], count: int, connectome: Connectome | None) -> pd.Series:
    """``#rrggbb`` of the cell type, grey where it is unknown."""
    if LABEL not in labels or connectome is None:
        return pd.Series([UNLABELLED] * count, dtype="string")
    code, names = pd.factorize(labels[LABEL].astype("string").astype(object), sort=True)
    colours = (*type_colours(tuple(names), connectome.display), UNLABELLED)
    return pd.Series([colours[one] for one in code], dtype="string")
