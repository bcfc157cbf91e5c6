"""Every file of a results folder is whole or absent, and an error names it."""

import ast
import errno
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from connectome.analysis.export.formats import _parquet
from connectome.analysis.generation import write_brain
from connectome.analysis.plotting import save_figure
from connectome.runs import (
    save_arrays,
    save_json,
    save_scorer,
    save_table,
    save_text,
)
from connectome.runtime import clear_parts, into_place
from connectome.scores import Embedding
from connectome.training.loop import VerifiedCheckpointIO
from connectome.types import Connectome
from tests.programs import ROOT

FULL = Path("/dev/full")  # every write to it fails as on a full disk
EMBEDDING = Embedding("m", np.arange(5), torch.ones(5, 1), torch.ones(5, 1))


def small_figure() -> Figure:
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([0, 1])
    return figure


WRITERS: dict[str, Callable[[Path], object]] = {
    "a.json": lambda path: save_json(path, {"a": [1] * 5000}),
    "a.csv": lambda path: save_table(path, pd.DataFrame({"a": [1.5] * 5000})),
    "a.yaml": lambda path: save_text(path, "a: 1\n" * 5000),
    "a.npz": lambda path: save_arrays(path, {"a": np.random.rand(5000)}),
    "embedding.npz": lambda path: save_scorer(path, EMBEDDING),
    "a.ckpt": lambda path: VerifiedCheckpointIO().save_checkpoint({"a": torch.rand(5000)}, path),
    "a.png": lambda path: save_figure(small_figure(), path.parent, "a"),
    "a.parquet": lambda path: _parquet(path, EMBEDDING, None),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_is_written_and_nothing_beside_it(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / "new" / name)
    assert (tmp_path / "new" / name).stat().st_size > 0
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full of Linux")
@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_names_the_file_and_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / name
    path.write_text("before")
    real = Path.with_name

    def on_full_disk(self: Path, other: str) -> Path:
        beside = real(self, other)
        if other.endswith(".part"):
            beside.symlink_to(FULL)
        return beside

    monkeypatch.setattr(Path, "with_name", on_full_disk)
    with pytest.raises(OSError, match=name) as caught:
        WRITERS[name](path)
    assert caught.value.filename == str(path)
    assert caught.value.errno in (errno.ENOSPC, errno.EIO)  # numpy and torch have no number
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_connectome_is_written_whole_in_every_format(tmp_path: Path, tiny: Connectome) -> None:
    edges, synapses = tiny.edge_index.numpy(), tiny.synapses.numpy()
    for suffix in ("csv", "parquet", "graphml"):
        path = write_brain(tmp_path / f"a.{suffix}", tiny, edges, synapses)
        assert path.stat().st_size > 1000
    assert len(list(tmp_path.iterdir())) == 3


def test_a_body_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def write() -> None:
        with into_place(tmp_path / "a") as beside:
            beside.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    assert not list(tmp_path.iterdir())


def test_a_writer_that_holds_its_file_open_makes_room(tmp_path: Path) -> None:
    held = []

    def write() -> None:
        with into_place(tmp_path / "a") as beside:
            held.append(beside.open("wb"))
            held[0].write(bytes(100_000))
            held[0].flush()
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write()
    assert os.fstat(held[0].fileno()).st_blocks == 0
    held[0].close()


def test_an_error_of_another_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent"), into_place(tmp_path / "a"):
        (tmp_path / "absent").read_text()


def part(path: Path, pid: int, host: str) -> Path:
    """What a process killed while it wrote ``path`` leaves."""
    left = path.with_name(f"{path.name}.{pid}@{host}.part")
    left.parent.mkdir(exist_ok=True)
    left.write_text("half")
    return left


def dead_pid() -> int:
    """Of a process that has ended."""
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.mark.skipif(sys.platform == "win32", reason="there is no asking for a process there")
@pytest.mark.parametrize("clear", ["of the folder", "of the file"])
def test_only_parts_of_dead_processes_are_cleared(tmp_path: Path, clear: str) -> None:
    here, dead, alive = platform.node(), dead_pid(), os.getppid()
    inside, other = tmp_path / "a.npz", tmp_path / "checkpoints" / "best.ckpt"
    gone = [part(inside, dead, here)]
    stays = [part(inside, alive, here), part(inside, dead, "elsewhere")]
    (gone if clear == "of the folder" else stays).append(part(other, dead, here))
    unrelated = tmp_path / "mine.part"
    unrelated.write_text("of the user")
    if clear == "of the folder":
        clear_parts(tmp_path)
    else:
        save_text(inside, "new")
    assert [path.exists() for path in gone] == [False] * len(gone)
    assert [path.exists() for path in stays] == [True] * len(stays)
    assert unrelated.exists()


# Files that write in another way, and why that leaves nothing half written.
OTHERWISE = {
    "connectome/models/spectral/out_of_core.py": "its record is written last and read first",
    "connectome/cli/jobs/describe.py": "prints to the terminal",
    "connectome/analysis/cell_typing/measured.py": "a switch of the kernel, in /proc",
}
TARGET_FIRST = {
    *("to_csv", "to_parquet", "to_feather", "to_excel", "to_pickle", "to_json", "to_html"),
    *("to_hdf", "savefig", "write_h5ad", "write_html", "write_image", "savetxt", "savez"),
    *("savez_compressed", "tofile", "Workbook"),
}
TARGET_SECOND = {"write_graphml", "write_graphml_lxml", "write_gml", "write_table", "dump", "save"}
OF_A_PATH = {"write_text", "write_bytes", "touch"}
FILES = [*sorted((ROOT / "connectome").rglob("*.py")), ROOT / "train.py", ROOT / "evaluate.py"]


def _opens_for_writing(call: ast.Call) -> bool:
    values = [*call.args, *(key.value for key in call.keywords)]
    modes = [value.value for value in values if isinstance(value, ast.Constant)]
    return any(isinstance(mode, str) and re.fullmatch(r"[wax][bt+]*", mode) for mode in modes)


def target(call: ast.Call) -> ast.expr | None:
    """What ``call`` writes to; None if it writes nothing."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    keyword = [k.value for k in call.keywords if k.arg in ("path", "path_or_buf", "fname", "f")]
    if name == "open" and _opens_for_writing(call):
        return receiver if receiver is not None else call.args[0]
    if name in OF_A_PATH:
        return receiver
    if name in TARGET_FIRST:
        return keyword[0] if keyword else (call.args[0] if call.args else None)
    if name in TARGET_SECOND:
        spelt = ast.unparse(call.func)
        place = 0 if spelt in ("np.save", "numpy.save") else 1
        if len(call.args) > place:
            return call.args[place]
        return keyword[0] if keyword else None
    return None


def beside_only(tree: ast.Module) -> list[str]:
    """Writers in ``tree`` that do not write to ``beside``, or to a file that was opened there."""
    opened = {
        item.optional_vars.id
        for node in ast.walk(tree)
        if isinstance(node, ast.With)
        for item in node.items
        if isinstance(item.optional_vars, ast.Name) and "beside.open" in ast.unparse(item)
    }
    return [
        f"line {call.lineno}: {ast.unparse(call)}"
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and (where := target(call)) is not None
        and ast.unparse(where) not in {"beside", *opened}
    ]


def test_nothing_is_written_but_beside_its_place() -> None:
    found = {}
    for path in FILES:
        if lines := beside_only(ast.parse(path.read_text())):
            found[path.relative_to(ROOT).as_posix()] = lines
    assert {name: lines for name, lines in found.items() if name not in OTHERWISE} == {}
    assert set(OTHERWISE) <= set(found)  # what is no longer needed is taken out


@pytest.mark.parametrize(
    "line",
    [
        "path.write_text(text)",
        "(self.path / CONFIG).write_text(text)",
        "table.to_csv(out / 'a.csv', index=False)",
        "figure.savefig(path, dpi=200)",
        "np.save(path, array)",
        "np.savez(path, a=array)",
        "torch.save(values, path)",
        "OmegaConf.save(config, path)",
        "networkx.write_graphml(graph, path)",
        "frame.to_parquet(path)",
        "data.write_h5ad(path)",
        "Workbook(path, options)",
        "json.dump(values, file)",
        "open(path, 'w')",
        "path.open('ab')",
        "path.open(mode='w')",
    ],
)
def test_a_writer_that_is_not_beside_its_place_is_found(line: str) -> None:
    assert beside_only(ast.parse(line))
    assert not beside_only(ast.parse("with beside.open('wb') as file:\n    np.save(file, array)"))
    assert not beside_only(ast.parse("text = table.to_csv(index=False)\npath.open('rb')"))
