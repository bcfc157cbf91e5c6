"""The table of commands, one from outside in it, and the two whose words Hydra reads."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from connectome.__main__ import main
from connectome.cli import COMMANDS, Command
from connectome.cli.jobs.export import read_words
from connectome.config import HYDRA_PROGRAMS
from connectome.runs import load_json
from tests.programs import ROOT, run_program

QUICK = ("model=spectral", "logger=none", "~callbacks.progress")
# What whoever adds a command writes, beside its line in COMMANDS.
GREET = """
from connectome.cli.shared.parsing import command_parser
from connectome.types import InputError


def run(words):
    command = command_parser("greet", "Greet a neuron.", ["MBON-a1 --times 2"])
    command.add_argument("neuron")
    command.add_argument("--times", type=int, default=1)
    arguments = command.parse_args(words)
    if arguments.times < 1:
        raise InputError(f"--times={arguments.times}: must be at least 1")
    for _ in range(arguments.times):
        print(f"Hello, {arguments.neuron}")
"""


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[pytest.MonkeyPatch]:
    """The process as it was before a program ran in it."""
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    before = signal.getsignal(signal.SIGTERM)
    yield monkeypatch
    signal.signal(signal.SIGTERM, before)


def end(typed: pytest.MonkeyPatch, *words: str) -> int:
    """Exit status of the program in this process."""
    typed.setattr("sys.argv", ["connectome", *words])
    with pytest.raises(SystemExit) as ended:
        sys.exit(main())
    return int(ended.value.code or 0)


def test_help_lists_every_command_and_imports_little() -> None:
    code = (
        "import sys; from connectome.__main__ import parser; text = parser().format_help();"
        "print({'torch', 'pandas', 'hydra', 'numpy'} & set(sys.modules)); print(text)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    first, *lines = done.stdout.decode().splitlines()
    assert first == "set()"
    listed = {line.split()[0] for line in lines if line.startswith("    ") and line.split()}
    assert set(COMMANDS) <= listed


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in HYDRA_PROGRAMS])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = import_module(COMMANDS[name].module)
    with pytest.raises(SystemExit) as ended:
        module.run(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: python -m connectome {name} [-h]")
    assert f"examples:\n  python -m connectome {name}" in said


def test_a_command_is_a_module_and_a_line(
    typed: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "greeting.py").write_text(GREET)
    typed.syspath_prepend(tmp_path)
    typed.setitem(COMMANDS, "greet", Command("greeting", "greet a neuron"))
    typed.delitem(sys.modules, "greeting", raising=False)

    assert end(typed, "--help") == 0
    assert "    greet               greet a neuron\n" in capsys.readouterr().out
    assert end(typed, "greet", "--help") == 0
    assert "  python -m connectome greet MBON-a1 --times 2\n" in capsys.readouterr().out
    assert end(typed, "greet", "MBON-a1", "--times", "2") == 0
    assert capsys.readouterr().out == "Hello, MBON-a1\nHello, MBON-a1\n"
    assert end(typed, "greet", "MBON-a1", "--times", "0") == 2
    assert capsys.readouterr() == ("", "error: --times=0: must be at least 1\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "the following arguments are required: command"),
        (("describes",), "argument command: invalid choice: 'describes' (choose from "),
        (("describe", "--jason"), "unrecognized arguments: --jason"),
        (("describe", "model=gae"), "error: model=gae: describe takes data=NAME, data.KEY=VALUE"),
        (("leakage", "model=gae"), "model=gae: leakage takes data=NAME, data.KEY=VALUE and split."),
        (("spectral", "none.npy"), "the following arguments are required: --dim, --out"),
        (("export", "to=x"), "error: to=x: export takes runs, out, format, trust and data.KEY"),
    ],
)
def test_wrong_words_end_with_2(
    typed: pytest.MonkeyPatch,
    words: tuple[str, ...],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert end(typed, *words) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert message in last


def test_options_of_exported_data_are_read_as_hydra_reads_them() -> None:
    words = ["runs=here", "+data.side=left", "data.members=[a,b]", "data.keep={x: 1}"]
    *_, replaced, _ = read_words(words)
    assert replaced == {"side": "left", "members": ["a", "b"], "keep": {"x": 1}}
    assert read_words(["runs=here"])[3] == {}


def connectome(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run_program("-m", "connectome", *words, cwd=cwd)


def test_train_and_evaluate_are_the_programs_of_the_checkout(tmp_path: Path) -> None:
    sweep = ("-m", *QUICK, "latent_dim=2,3")
    done = connectome("train", *sweep, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    study = tmp_path / "outputs" / "mushroom_body"
    assert pd.read_csv(study / "summary.csv")["latent_dim"].tolist() == [2, 3]
    for status in study.glob("*/status.json"):
        assert load_json(status)["state"] == "complete"
        assert (status.parent / "train.log").is_file()
    again = run_program("train.py", *sweep, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("is complete: skipped") == 2
    checked = connectome("evaluate", "runs=outputs/mushroom_body", cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert "(largest difference to training: 0.0e+00)" in checked.stdout
    wrong = connectome("evaluate", "runs=nowhere", cwd=tmp_path)
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines()[-1].startswith("error: runs=nowhere: no such folder")


def test_a_run_goes_where_hydra_is_told(tmp_path: Path) -> None:
    for place, program in (("ours", ("-m", "connectome", "train")), ("theirs", ("train.py",))):
        done = run_program(*program, *QUICK, f"hydra.run.dir={place}", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert load_json(tmp_path / place / "status.json")["typed"] == [*QUICK]
        assert (tmp_path / place / "train.log").is_file()


@pytest.mark.parametrize("program", [("-m", "connectome", "train"), ("train.py",)])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("hiden_dim=5",), "error: hiden_dim: unknown option; --cfg job prints them all"),
        (("hidden_dim=5",), "error: hidden_dim: unknown option (did you mean model.hidden_dim?)"),
        (("latent_dim=999", "model=spectral"), "error: latent_dim=999: the graph has 213 neurons"),
        (("model=transformer",), "error: In 'train': Could not find 'model/transformer'"),
    ],
)
def test_both_refuse_in_the_same_words(
    tmp_path: Path, program: tuple[str, ...], words: tuple[str, ...], message: str
) -> None:
    done = run_program(*program, "logger=none", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(message)


def test_hydra_prints_help_and_configuration(tmp_path: Path) -> None:
    for name, line in (
        ("train", "python train.py model=spectral model.variant=lse"),
        ("evaluate", "python evaluate.py runs=best.ckpt"),
    ):
        done = connectome(name, "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert line in done.stdout
        assert f"connectome {name}" in done.stdout
    shown = connectome("train", "--cfg", "job", "model=gae", cwd=tmp_path)
    assert "latent_dim: 2" in shown.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("connectome ", {*COMMANDS}),
        ("connectome tr", {*COMMANDS}),  # the shell chooses among them
        ("connectome train trainer=", {"trainer=cpu", "trainer=gpu"}),
        ("connectome evaluate sou", {"source="}),
    ],
)
def test_the_shell_completes(
    tmp_path: Path, line: str, answers: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMP_LINE", line)
    done = connectome("-sc", "query=bash", cwd=tmp_path)
    assert answers <= {*done.stdout.split()}, done.stderr


def test_the_shell_is_told_nothing_of_other_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMP_LINE", "connectome describe da")
    done = connectome("-sc", "query=bash", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_shell_learns_of_the_program(tmp_path: Path) -> None:
    for words in (("train", "-sc", "install=bash"), ("-sc", "install=bash")):
        done = connectome(*words, cwd=tmp_path)
        assert "complete -o nospace -o default -F hydra_bash_completion" in done.stdout


@pytest.mark.slow
def test_processes_of_one_run_are_started_with_the_command(tmp_path: Path) -> None:
    two = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.strategy=ddp", "model=gae")
    few = ("logger=none", "trainer.max_epochs=2", "~callbacks.progress")
    done = connectome("train", *two, *few, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    [status] = tmp_path.rglob("status.json")
    assert load_json(status)["state"] == "complete"
