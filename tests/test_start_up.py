"""What a program waits for: ``--help`` and a wrong word for none of the libraries that compute."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from connectome.cli import COMMANDS
from connectome.errors import PIPE_EXIT
from tests.programs import ROOT, program_environment

TRAINING = {"pytorch_lightning", "torch_geometric", "wandb", "matplotlib", "sklearn"}
HEAVY = TRAINING | {"torch", "pandas", "numpy", "scipy", "numba", "rich"}
COMPUTING = TRAINING | {"numba", "umap", "igraph", "leidenalg"}
READ = ("types", "describe")
SAY = "import atexit, runpy, sys; atexit.register(lambda: print('\\nimported:', *sys.modules)); "


def imported(*words: str) -> tuple[set[str], str]:
    """Libraries that a program has imported when it ends, and what it says on stderr."""
    if words[0] == "-m":
        code = f"sys.argv = {['connectome', *words[2:]]}; runpy.run_module('connectome', "
    else:
        code = f"sys.argv = {[*words]}; runpy.run_path({words[0]!r}, "
    done = subprocess.run(
        [sys.executable, "-c", f"{SAY}{code}run_name='__main__')"],
        cwd=ROOT,
        env=program_environment(),
        capture_output=True,
        text=True,
    )
    _, _, names = done.stdout.rpartition("imported:")
    return {name for name in names.split() if "." not in name}, done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_that_computes(command: str) -> None:
    found, said = imported("-m", "connectome", command, "--help")
    assert said == ""
    assert "omegaconf" in found
    assert found & HEAVY == set()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("train.py", "--help"), ""),
        (("evaluate.py", "--help"), ""),
        (("train.py", "nope=1"), "error: nope: unknown option"),
        (("train.py", "model=nope"), "error: In 'train': Could not find 'model/nope'"),
        (("-m", "connectome", "describe", "model=gae"), "error: model=gae: describe takes"),
    ],
)
def test_what_hydra_refuses_imports_nothing_that_computes(
    words: tuple[str, ...], error: str
) -> None:
    found, said = imported(*words)
    assert said.startswith(error)
    assert bool(said) == bool(error)
    assert found & HEAVY == set()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("no.csv", "--neurons", "none.csv"), "no.csv, none.csv: no such files; check the paths"),
        (("train.py", "--neurons", "none.csv"), "none.csv: no such file; check the path"),
        (("conf",), "EDGES conf: is a folder; give the path of a file in it"),
        (("no.csv", "--seed", "-1"), "--seed -1: must be from 0 to 4294967295"),
    ],
)
def test_map_looks_for_files_before_it_imports_what_computes(
    words: tuple[str, ...], error: str
) -> None:
    found, said = imported("-m", "connectome", "map", *words)
    assert said == f"error: {error}\n"
    assert found & HEAVY == set()


@pytest.mark.parametrize(
    "words", [("map", "bad.csv"), *((one, "data=table", "data.edges=bad.csv") for one in READ)]
)
def test_refused_data_have_imported_what_reads_alone(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("pre,post\n1e10,2\n2,3\n")
    found, said = imported("-m", "connectome", *(re.sub("bad.csv", str(bad), one) for one in words))
    assert f"{bad}: the id 1e10 in column 'pre' is no plain integer" in said
    assert {"torch", "pandas"} <= found
    assert found & COMPUTING == set()


def test_reading_data_needs_nothing_that_trains() -> None:
    found, said = imported("-m", "connectome", "describe")
    assert said == ""
    assert "torch" in found
    assert found & TRAINING == set()


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """As of ``connectome describe | head -1``."""
    code = "from connectome.errors import clear_errors\n"
    code += "with clear_errors(): [print('line') for _ in range(10**5)]"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=program_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline() == b"line\n"
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait(30) == PIPE_EXIT
