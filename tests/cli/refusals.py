"""What a command says to a user whose words are wrong."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from connectome.errors import clear_errors

Command = Callable[[Sequence[str]], None]


def refused(command: Command, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run a command that must end with status 2, and return the line that says why."""
    with pytest.raises(SystemExit) as ended, clear_errors():
        command(words)
    assert ended.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ")
    return last


def refused_untouched(
    command: Command,
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The same in a folder of its own, in which nothing may be written or claimed."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["connectome", command.__name__, *words])
    said = refused(command, capsys, *words)
    assert not list(folder.iterdir())
    return said
