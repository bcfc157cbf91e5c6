"""The wheel outside a checkout: built, installed in a fresh environment, and used."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pandas as pd
import pytest

from connectome.cli import COMMANDS
from tests.programs import ROOT, program_environment

pytestmark = pytest.mark.slow
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
SHELL = """
set -e
eval "$(connectome train -sc install=bash)"
COMP_WORDS=($COMP_LINE)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
hydra_bash_completion
echo "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment that holds the wheel alone, and finds its dependencies here."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder))
    finish([*PIP, "wheel", *build, str(ROOT)], folder)
    [wheel] = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = ("--python", str(folder / "venv" / "bin" / "python"))
    finish([*PIP, *python, "install", "--no-deps", "--no-index", str(wheel)], folder)
    [packages] = folder.glob("venv/lib/python*/site-packages")
    # After the wheel in its own folder; the .pth files of an editable install are not read there.
    dependencies = [path for path in sys.path if Path(path).name == "site-packages"]
    (packages / "dependencies.pth").write_text("\n".join(dependencies) + "\n")
    return folder


def finish(command: list[str], cwd: Path, **environment: str) -> str:
    """What a command prints, with nothing of the checkout on its path."""
    clean = {key: value for key, value in program_environment().items() if key != "PYTHONPATH"}
    clean["PATH"] = f"{cwd / 'venv' / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=cwd,
        env=clean | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def connectome(*words: str, cwd: Path) -> str:
    return finish([str(cwd / "venv" / "bin" / "connectome"), *words], cwd)


def test_the_wheel_trains_and_evaluates_outside_a_checkout(place: Path) -> None:
    where = (
        "import connectome, connectome.config as c; print(connectome.__file__, c.config_folder())"
    )
    package, conf = finish([str(place / "venv" / "bin" / "python"), "-c", where], place).split()
    assert Path(package).is_relative_to(place / "venv")
    assert Path(conf) == Path(package).parent / "conf"

    assert set(COMMANDS) <= {*connectome("--help", cwd=place).split()}
    facts = json.loads(connectome("describe", "data=mushroom_body", "--json", cwd=place))
    assert (facts["neurons"], facts["edges"]) == (213, 7536)
    connectome("train", "model=spectral", "latent_dim=2", "logger=none", cwd=place)
    [run] = (place / "outputs" / "mushroom_body").iterdir()
    assert (run / "train.log").is_file()
    said = connectome("evaluate", f"runs={run}", cwd=place)
    assert "(largest difference to training: 0.0e+00)" in said
    table = pd.read_csv(run / "evaluation" / "evaluation.csv")
    assert table["source"].tolist() == ["embedding", "checkpoint"]


def test_a_shell_completes_what_is_installed(place: Path) -> None:
    line = "connectome train model=sp"
    assert finish(["bash", "-c", SHELL], place, COMP_LINE=line).strip() == "model=spectral"
