"""Damaged run folders: whatever is in a file, it is what it must be, or named with a remedy."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectome.analysis.leaderboard import from_embedding
from connectome.analysis.leaderboard.tables import (
    benchmarked,
    breakdown,
    calibration,
    collect,
    leaderboard,
)
from connectome.cli.jobs.export import data_reader
from connectome.cli.jobs.train import train
from connectome.config import build, load_config
from connectome.data.splits import EvaluationPairs
from connectome.runs import (
    AUDIT,
    BEST,
    CALIBRATION,
    CONFIG,
    EMBEDDING,
    METRICS,
    SCORES,
    SPLIT,
    STATUS,
    Run,
    artifact_schema,
    find_runs,
    load_details,
    load_evaluation_pairs,
    load_json,
    load_scorer,
    save_evaluation_pairs,
    sha256,
    summarise,
)
from connectome.training.loop import restore
from connectome.types import InputError

EXAMPLES = int(os.environ.get("CONNECTOME_FUZZ", "25"))  # of each artefact
COUNTS, EVALUATION_PAIRS = "counts.npz", "evaluation.npz"
MODELS = ("spectral", "l3", "dcsbm", "directed_gae")
SHARED = ("split.directed=true", "logger=none", "callbacks.progress=null", "trainer=smoke")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of each kind of scorer with a benchmark; one of them learned counts."""
    folder = tmp_path_factory.mktemp("made")
    for model in MODELS:
        more = ["model.heads.count_weight=1"] if model == "directed_gae" else []
        more += ["benchmark=full", "benchmark.negatives=[uniform]", "benchmark.cache=null"]
        words = [f"run_dir={folder / model}", "name=made", f"model={model}", *SHARED, *more]
        train(load_config(words))
    evaluation = EvaluationPairs(
        torch.tensor([[0, 1], [2, 3]]), torch.tensor([[0, 1], [3, 4]]), True
    )
    save_evaluation_pairs(folder / "spectral" / EVALUATION_PAIRS, evaluation)
    return folder


def use_run(run: Path) -> None:
    found = find_runs(run)
    if found.damaged:
        raise InputError(found.damaged[0])
    summarise(found.runs)


def use_scores(run: Path) -> None:
    """The tables, with the checksums that whoever changed them would write too."""
    runs = find_runs(run).runs
    for one in runs:
        one.sha256.update({name: str(sha256(run / name)) for name in (SCORES, CALIBRATION)})
    scored = benchmarked(runs)
    if scored.damaged:
        raise InputError(scored.damaged[0])
    table = collect(scored.runs)
    leaderboard(table)
    breakdown(table)
    calibration(scored.runs)


def use_scorer(run: Path) -> None:
    scorer = load_scorer(run / EMBEDDING)
    assert len(scorer.neuron_ids) > 0
    pairs = torch.tensor([[0], [len(scorer.neuron_ids) - 1]])
    assert scorer.score_pairs(pairs).shape == (1,)
    assert scorer.score_rows(pairs[0]).shape == (1, len(scorer.neuron_ids))
    assert scorer.numbers_per_neuron >= 0


def use_split(run: Path) -> None:
    from_embedding(Run(run, "spectral", {}, {}))


def use_details(run: Path) -> None:
    counts = load_details(run).counts
    if counts is not None:
        counts.expected_synapses(torch.tensor([[0], [1]]))


# File, the run that it is mutated in, and what is done with it.
ARTEFACTS: dict[str, tuple[str, str, Callable[[Path], object]]] = {
    "status": (STATUS, "spectral", use_run),
    "metrics": (METRICS, "spectral", use_run),
    "audit": (AUDIT, "spectral", lambda run: load_json(run / AUDIT, artifact_schema.AUDIT)),
    "config": (CONFIG, "spectral", lambda run: data_reader({}, ())(run)),
    "factors": (EMBEDDING, "directed_gae", use_scorer),
    "neighbours": (EMBEDDING, "l3", use_scorer),
    "blocks": (EMBEDDING, "dcsbm", use_scorer),
    "split": (SPLIT, "spectral", use_split),
    "evaluation": (
        EVALUATION_PAIRS,
        "spectral",
        lambda run: load_evaluation_pairs(run / EVALUATION_PAIRS),
    ),
    "counts": (COUNTS, "directed_gae", use_details),
    "scores": (SCORES, "spectral", use_scores),
    "calibration": (CALIBRATION, "spectral", use_scores),
    "checkpoint": (BEST, "spectral", lambda run: restore(run / BEST, build)),
    "checkpoint of blocks": (BEST, "dcsbm", lambda run: restore(run / BEST, build)),
}

REMEDIES = (
    *("train.py", "train again", "leave it out", "write it out", "trust=", "choose one of"),
    *("not allowed", "no name", "must be", "unknown option"),
)
ODD: list[Any] = [None, True, -1, 0, 7, 10**30, 1.5, float("nan"), float("inf"), "", "x", "a/../b"]
ODD += [[], [1], ["x"], {}, {"a": 1}, {"seed": "x"}, [[[]]], "2020-01-01", "${seed}"]


def mutate_values(draw: st.DataObject, value: Any) -> Any:
    """Somewhere in nested values: a key taken out, one more, or another value."""
    inner = [key for key, entry in items(value) if isinstance(entry, dict | list) and entry]
    if inner and draw.draw(st.booleans()):
        key = draw.draw(st.sampled_from(inner))
        value[key] = mutate_values(draw, value[key])
        return value
    how = draw.draw(st.sampled_from(["replace", "remove", "add", "whole"]))
    keys = [key for key, _ in items(value)]
    if how == "whole" or not keys:
        return draw.draw(st.sampled_from(ODD))
    key = draw.draw(st.sampled_from(keys))
    if how == "replace":
        value[key] = draw.draw(st.sampled_from(ODD))
    elif how == "remove":
        del value[key]
    elif isinstance(value, dict):
        value[draw.draw(st.sampled_from(["x", "_args_", "seed", "a.b", ""]))] = draw.draw(
            st.sampled_from(ODD)
        )
    return value


def items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items() if isinstance(value, dict) else enumerate(value))


def mutate_array(draw: st.DataObject, array: np.ndarray) -> np.ndarray:
    how = draw.draw(st.sampled_from(["dtype", "rank", "rows", "value", "object", "order", "empty"]))
    if how == "dtype":
        kind = draw.draw(
            st.sampled_from(["f2", "f4", "f8", "i1", "i4", "i8", "u4", "u8", "U5", "c8"])
        )
        try:
            return array.astype(kind)
        except ValueError:
            return np.zeros(array.shape, kind)
    if how == "rank":
        shapes = [(1, *array.shape), (-1,), (*array.shape, 1)]
        return array.reshape(draw.draw(st.sampled_from(shapes)))
    if how == "rows" and array.ndim:
        return array[: draw.draw(st.integers(0, len(array)))]
    if how == "value" and array.size and array.dtype.kind in "if":
        odd = [-1, 10**6, 2**31 - 1] if array.dtype.kind == "i" else [np.nan, np.inf, -1.0, 1e30]
        changed = array.copy()
        changed.flat[draw.draw(st.integers(0, array.size - 1))] = draw.draw(st.sampled_from(odd))
        return changed
    if how == "object":
        return np.array([{"a": 1}, None], dtype=object)
    if how == "order":
        return array.astype(array.dtype.newbyteorder())
    return np.zeros((0,) * array.ndim, array.dtype)


def mutate_arrays(draw: st.DataObject, arrays: dict[str, Any]) -> dict[str, Any]:
    name = draw.draw(st.sampled_from(sorted(arrays)))
    how = draw.draw(st.sampled_from(["change", "change", "change", "remove", "add", "swap"]))
    if how == "remove":
        del arrays[name]
    elif how == "add":
        arrays["more"] = np.arange(3)
    elif how == "swap":
        arrays[name] = arrays[draw.draw(st.sampled_from(sorted(arrays)))]
    else:
        arrays[name] = mutate_array(draw, arrays[name])
    return arrays


def mutate_table(draw: st.DataObject, table: pd.DataFrame) -> pd.DataFrame:
    name = draw.draw(st.sampled_from([*table.columns]))
    how = draw.draw(st.sampled_from(["remove", "rename", "cell", "column", "no rows", "twice"]))
    if how == "remove":
        return table.drop(columns=name)
    if how == "rename":
        return table.rename(columns={name: "other"})
    if how == "no rows":
        return table.iloc[:0]
    if how == "twice":
        return pd.concat([table, table[[name]]], axis=1)
    odd = draw.draw(st.sampled_from(["x", "", "-1", "1e400", "nan", "9" * 40, "a,b", '"', "inf"]))
    table = table.astype(object)
    table.loc[table.index[:1] if how == "cell" else table.index, name] = odd
    return table


def mutate_bytes(draw: st.DataObject, content: bytes) -> bytes:
    how = draw.draw(st.sampled_from(["cut", "flip", "zero", "text", "empty", "twice"]))
    place = draw.draw(st.integers(0, len(content) - 1))
    if how == "cut":
        return content[:place]
    if how == "flip":
        return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
    if how == "zero":
        return content[:place] + bytes(64) + content[place + 64 :]
    return {"text": b"hello", "empty": b"", "twice": content * 2}[how]


def mutated(draw: st.DataObject, path: Path, content: bytes) -> bytes:
    """``content`` of a file called like ``path``, changed as a whole or in one of its entries."""
    if draw.draw(st.integers(0, 3)) == 0:
        return mutate_bytes(draw, content)
    out = io.BytesIO()
    if path.suffix == ".json":
        return json.dumps(mutate_values(draw, json.loads(content))).encode()
    if path.suffix == ".yaml":
        data = {
            "_target_": "connectome.data.readers.mushroom_body.read_mushroom_body",
            "side": "right",
        }
        return yaml.safe_dump(mutate_values(draw, {"data": data})).encode()
    if path.suffix == ".csv":
        table = pd.read_csv(io.BytesIO(content), dtype={"level": str})
        return mutate_table(draw, table).to_csv(index=False).encode()
    if path.suffix == ".npz":
        with np.load(io.BytesIO(content)) as file:
            arrays = mutate_arrays(draw, {name: file[name] for name in file.files})
        np.savez(out, allow_pickle=True, **arrays)
        return out.getvalue()
    checkpoint = torch.load(io.BytesIO(content), weights_only=True)
    if draw.draw(st.booleans()):
        numbers = {name: value.numpy() for name, value in checkpoint["state_dict"].items()}
        kept = {k: v for k, v in mutate_arrays(draw, numbers).items() if v.dtype.kind in "bif"}
        checkpoint["state_dict"] = {k: torch.from_numpy(native(v)) for k, v in kept.items()}
    else:
        parts = {key: checkpoint[key] for key in ("connectome_latent", "state_dict")}
        checkpoint = mutate_values(draw, parts)
    torch.save(checkpoint, out)
    return out.getvalue()


def native(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array.astype(array.dtype.newbyteorder("=")))


@pytest.mark.parametrize("artefact", ARTEFACTS)
@pytest.mark.filterwarnings("ignore")  # of libraries about what they are given
def test_any_damage_is_read_as_it_must_be_or_named(
    made: Path, tmp_path: Path, artefact: str
) -> None:
    name, model, use = ARTEFACTS[artefact]
    run = copytree(made / model, tmp_path / model)
    path, content = run / name, (run / name).read_bytes()
    use(run)  # as it is, it can be used
    refused = set()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def damage(draw: st.DataObject) -> None:
        path.write_bytes(mutated(draw, path, content))
        try:
            use(run)
        except InputError as error:
            message = str(error)
            refused.add(message)
            assert str(run) in message, message
            assert len(message) < 1000, message
            assert any(word in message for word in REMEDIES), message

    damage()
    assert len(refused) > 3
