"""What may befall a file of a run folder.

Each function damages files of a run and says which one, how, and whether a program that reads that
file must refuse it: ``UNREADABLE`` where no reader can make sense of it, ``WRONG`` where one that
looks at the values must, ``MAYBE`` where the damage may be harmless.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.fuzz.tables import cut_short, flip_bit

Random = np.random.Generator
Damage = tuple[str, str, str]  # file, how, and one of
UNREADABLE, WRONG, MAYBE = "unreadable", "wrong", "maybe"

STATUS, METRICS, CONFIG = "status.json", "metrics.json", "config.yaml"
EMBEDDING, SPLIT, CHECKPOINT = "embedding.npz", "split.npz", "checkpoints/best.ckpt"
FILES = (STATUS, METRICS, CONFIG, EMBEDDING, SPLIT, CHECKPOINT, "split_audit.json", "scores.csv")
SHAPES: tuple[Any, ...] = ([], 5, "x", None, True, [{}], 1.5)
MARK = "mark"  # a folder that a foreign target would make


def _pick(rng: Random, values: Any) -> Any:
    return values[int(rng.integers(len(values)))]


def damaged_file(rng: Random, run: Path) -> Damage:
    """Missing, cut, flipped, emptied, or something else altogether."""
    name = str(_pick(rng, [file for file in FILES if (run / file).exists()]))
    path = run / name
    how = str(_pick(rng, ("missing", "cut", "flipped", "empty", "folder", "bytes", "link")))
    must = UNREADABLE
    if how == "cut":
        cut_short(rng, path)
        must = MAYBE if name in (CONFIG, "scores.csv") else must
    elif how == "flipped":
        flip_bit(rng, path, int(rng.integers(1, 4)))
        must = MAYBE
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "bytes":
        path.write_bytes(rng.bytes(200))
    else:
        path.unlink()
        if how == "folder":
            path.mkdir()
        elif how == "link":
            path.symlink_to("nowhere")
        must = MAYBE if name == STATUS else must
    return name, how, must


def json_shape(rng: Random, run: Path) -> Damage:
    """Valid JSON of another shape, or nested too deep, or of another encoding."""
    name = str(_pick(rng, (STATUS, METRICS, "split_audit.json")))
    path, choice = run / name, int(rng.integers(10))
    if choice == 0:
        path.write_text("[" * 100_000)
    elif choice == 1:
        path.write_bytes(path.read_text().encode("utf-16"))
    elif choice == 2:
        path.write_text("{}")
    else:
        path.write_text(json.dumps(_pick(rng, SHAPES)))
    return name, "shape", UNREADABLE


def status_value(rng: Random, run: Path) -> Damage:
    """A fact of the status that is missing, or of another type."""
    status = json.loads((run / STATUS).read_text())
    key = str(_pick(rng, ("state", "identity", "identity.seed", "identity.latent_dim",
                          "identity.split", "benchmark", "sha256")))  # fmt: skip
    value = _pick(rng, ([], 5.5, "x", None, [[1]], {"a": {"b": []}}, "drop"))
    _set(status, key.split("."), value)
    (run / STATUS).write_text(json.dumps(status))
    harmless = key in ("benchmark", "sha256") and value in (None, "drop")
    maybe = harmless or (key, value) in (
        ("state", "x"),
        ("state", "drop"),
        ("identity.latent_dim", None),
    )
    return STATUS, f"{key}={value}", MAYBE if maybe else UNREADABLE


def _set(values: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        values = values[key]
    if value == "drop":
        values.pop(keys[-1], None)
    else:
        values[keys[-1]] = value


def metrics_value(rng: Random, run: Path) -> Damage:
    """A metric that is missing, no number, not finite, or another one."""
    metrics = json.loads((run / METRICS).read_text())
    key = str(_pick(rng, ("test/auc", "test/ap", "method", "seconds")))
    bad = ("drop", "x", None, [], {}, True, float("nan"), float("inf"), -3, 1e400)
    value = _pick(rng, bad)
    _set(metrics, [key], value)
    (run / METRICS).write_text(json.dumps(metrics))
    odd = (key == "method" and value == "x") or (key == "seconds")
    return METRICS, f"{key}={value}", MAYBE if odd else WRONG


def other_metric(rng: Random, run: Path) -> Damage:
    """A little more than was measured."""
    metrics = json.loads((run / METRICS).read_text())
    key = str(_pick(rng, ("test/auc", "test/ap")))
    metrics[key] += float(_pick(rng, (1e-3, -1e-3, 0.05)))
    (run / METRICS).write_text(json.dumps(metrics))
    return METRICS, f"{key} differs", WRONG


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def _index(rng: Random, arrays: dict[str, np.ndarray], name: str) -> None:
    n = int(arrays["num_neurons"]) if "num_neurons" in arrays else len(arrays["neuron_ids"])
    changed = arrays[name].astype(np.int64)
    changed[int(rng.integers(2)), int(rng.integers(changed.shape[1]))] = _pick(
        rng, (n, -1, n * n, 2**40, -(2**31))
    )
    arrays[name] = changed


ARRAY_DAMAGE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "text": lambda a: (
        a.astype(str) if a.dtype.kind != "U" else np.arange(a.size).reshape(a.shape) * 1j
    ),
    "complex": lambda a: np.zeros(a.shape, dtype=complex),
    "rank": lambda a: a[None],
    "flat": lambda a: a.ravel()[: max(1, a.size // 2)].reshape(-1),
    "shorter": lambda a: a[:-1],
    "none": lambda a: a[:0],
    "objects": lambda a: np.array([{"a": 1}] * max(1, a.size), dtype=object),
    "dates": lambda a: np.zeros(a.shape, dtype="datetime64[s]"),
}


def npz_array(rng: Random, run: Path) -> Damage:
    """An array of another type, rank or length, or none."""
    name = str(_pick(rng, (EMBEDDING, SPLIT)))
    arrays = _arrays(run / name)
    large = [key for key, value in arrays.items() if value.ndim and key != "log_std"]
    key = str(_pick(rng, large))
    if name == SPLIT:
        key = str(_pick(rng, ("test", "test_negatives", "train", "val")))
    how = str(_pick(rng, ("drop", "half", *ARRAY_DAMAGE)))
    if how == "drop":
        del arrays[key]
    elif how == "half":
        arrays[key] = (
            arrays[key].astype(float) + 0.5 if arrays[key].dtype.kind != "U" else arrays[key][:-1]
        )
    else:
        arrays[key] = ARRAY_DAMAGE[how](arrays[key])
    np.savez(run / name, **arrays)
    # As many rows of floats as before are still an embedding, and no link is a list of links.
    maybe = name == EMBEDDING and how == "half" and key in ("source", "target")
    maybe |= name == SPLIT and how == "none"
    return name, f"{key}: {how}", MAYBE if maybe else UNREADABLE


def npz_scalar(rng: Random, run: Path) -> Damage:
    """A fact that is missing, a list, or of another type."""
    name = str(_pick(rng, (EMBEDDING, SPLIT)))
    arrays = _arrays(run / name)
    known = (
        ("num_neurons", "directed", "protocol") if name == SPLIT else ("kind", "scale", "offset")
    )
    key = str(_pick(rng, [key for key in known if key in arrays]))
    value = _pick(rng, (np.arange(3), np.array("nope"), np.array(float("nan")), None, np.array(1j)))
    if value is None:
        del arrays[key]
    else:
        arrays[key] = value
    np.savez(run / name, **arrays)
    has_default = value is None and key in ("scale", "offset")
    return name, f"{key}={value}", MAYBE if has_default else UNREADABLE


def index_out_of_range(rng: Random, run: Path) -> Damage:
    """A link to a neuron that is not there."""
    arrays, name = _arrays(run / EMBEDDING), EMBEDDING
    if "edge_index" not in arrays or rng.random() < 0.5:
        arrays, name = _arrays(run / SPLIT), SPLIT
    key = (
        "edge_index" if name == EMBEDDING else str(_pick(rng, ("test", "test_negatives", "train")))
    )
    _index(rng, arrays, key)
    np.savez(run / name, **arrays)
    return name, f"{key}: index out of range", UNREADABLE


def factors_not_finite(rng: Random, run: Path) -> Damage:
    """NaN or infinity in the factors."""
    arrays = _arrays(run / EMBEDDING)
    if "source" not in arrays:
        return index_out_of_range(rng, run)
    arrays["source"][:, 0] = _pick(rng, (np.nan, np.inf))
    np.savez(run / EMBEDDING, **arrays)
    return EMBEDDING, "not finite", WRONG


def config_value(rng: Random, run: Path) -> Damage:
    """YAML of another shape, or whose data are no data of ours."""
    mark = run.parent / MARK
    ours = "data:\n  _target_: connectome.data.readers.mushroom_body.read_mushroom_body\n  "
    texts = (
        "[]", "5", "", "null", "data: 5", "data: null", "data: []", "x: 1", "data: {}", "\t{",
        "data:\n  _target_: 5", "data:\n  side: right", "data: ${nope}", "a: &a [*a]", "%",
        "- data",
        f"data:\n  _target_: os.mkdir\n  path: {mark}",
        f"{ours}side:\n    _target_: os.mkdir\n    path: {mark}",
        ours + "side: ${oc.env:HOME}",
        ours + "side: top",
        ours + "nope: 1",
        f"data: !!python/object/apply:os.mkdir [{mark}]",
        "data:\n  _target_: connectome.nope", "data:\n  _target_: nope.nope",
        "data:\n  _target_: connectome.runs.artifacts.load_json\n  path: /x",
    )  # fmt: skip
    text = str(_pick(rng, texts))
    (run / CONFIG).write_text(text)
    return CONFIG, " ".join(text.split())[:60].replace(str(mark), "PATH"), UNREADABLE


def checkpoint_value(rng: Random, run: Path) -> Damage:
    """A checkpoint with other contents, written as torch writes them."""
    path, mark = run / CHECKPOINT, str(run.parent / MARK)
    checkpoint = torch.load(path, weights_only=True)
    record, state = checkpoint["connectome_latent"], checkpoint["state_dict"]
    foreign = {"_target_": "os.mkdir", "path": mark}
    changes: dict[str, Callable[[], Any]] = {
        "no record": lambda: checkpoint.pop("connectome_latent"),
        "record of another shape": lambda: checkpoint.update(connectome_latent=_pick(rng, SHAPES)),
        "config of another shape": lambda: record.update(config=_pick(rng, SHAPES)),
        "no config": lambda: record.pop("config"),
        "no weights": lambda: checkpoint.pop("state_dict"),
        "weights of another shape": lambda: checkpoint.update(state_dict=_pick(rng, SHAPES)),
        "weight too many": lambda: state.update(another=torch.zeros(3)),
        "weight of text": lambda: state.update(another="x"),
        "data of another shape": lambda: record["config"].update(data=_pick(rng, SHAPES)),
        "no model": lambda: record["config"].pop("model"),
        "model of another shape": lambda: record["config"].update(model=_pick(rng, SHAPES)),
        "module of another shape": lambda: record["config"].update(datamodule=_pick(rng, SHAPES)),
        "foreign data": lambda: record["config"].update(data=foreign),
        "foreign model": lambda: record["config"].update(model=foreign),
        "foreign split": lambda: record["config"]["datamodule"].update(split=foreign),
        "foreign target inside": lambda: record["config"]["model"].update(seed=foreign),
        "interpolation": lambda: record["config"]["data"].update(side="${oc.env:HOME}"),
        "another fingerprint": lambda: record.update(data_fingerprint="0" * 16),
        "unknown option": lambda: record["config"]["model"].update(nope=1),
        "another value": lambda: record["config"]["data"].update(side=5),
        "weights not finite": lambda: [
            v.fill_(torch.nan) for v in state.values() if v.is_floating_point()
        ],
        "a list": lambda: None,
    }
    how = str(_pick(rng, list(changes)))
    changes[how]()
    torch.save([1, 2] if how == "a list" else checkpoint, path)
    return CHECKPOINT, how, MAYBE if how == "weights not finite" and not state else UNREADABLE


def nothing(rng: Random, run: Path) -> Damage:
    """A sound run beside a sound one: both are served."""
    return "", "sound", MAYBE


DAMAGES: tuple[Callable[[Random, Path], Damage], ...] = (
    damaged_file, npz_array, checkpoint_value, json_shape, config_value, status_value,
    damaged_file, metrics_value, index_out_of_range, npz_scalar, checkpoint_value,
    factors_not_finite, other_metric, nothing,
)  # fmt: skip
