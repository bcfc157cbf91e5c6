"""Files that a command was told, and what these were made of in turn, as ``scores.json`` says."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from connectome.data.tabular import file_sha256
from connectome.runs.schema import MisfitError, Value, check_value
from connectome.types import InputError

RECORD = "scores.json"  # beside the table of match and of types
UNKNOWN = ""
MATCH, TYPES = "match", "types"

_FILE = Value((dict,), fields={name: Value((str,), True) for name in ("option", "file", "made_by")})
_RECORD = Value(
    (dict,),
    fields={
        "made_by": Value((str,), True),
        "table_sha256": Value((str,), True),
        "told_files": Value((list,), True, rest=_FILE),
    },
)


@dataclass(frozen=True)
class ToldFile:
    """A table that a command was told, and where it is from.

    Attributes:
        option: that names it.
        file: its path as it was typed; of ``home``, the brain that was matched.
        made_by: the command that wrote it, empty if nobody says.
        sha256: of its content.
        why: why nobody says.
        told_files: what that command was told.
    """

    option: str
    file: str
    made_by: str = UNKNOWN
    sha256: str = ""
    why: str = ""
    told_files: tuple["ToldFile", ...] = ()

    @property
    def words(self) -> str:
        """Where it is from."""
        if not self.made_by:
            return (
                f"{self.option}={self.file}: where it is from is not known ({self.why}); if it was "
                "made with what is looked for here, the scores are circular"
            )
        made = "; ".join(f"{each.option}={each.file}" for each in self.told_files)
        return f"{self.option}={self.file}: made by {self.made_by}, told {made or 'no file'}"

    def ancestors(self) -> Iterator["ToldFile"]:
        """What it was made of, whatever the number of steps."""
        for each in self.told_files:
            yield each
            yield from each.ancestors()


def told_file(option: str, path: Path) -> ToldFile:
    """A file that is there, with what ``scores.json`` in its folder says of it.

    That speaks of the file as ``match`` or ``types`` left it: of a file that was changed since, or
    carried elsewhere, nothing is known.

    Args:
        option: that names it.
        path: the file.
    """
    sha256 = file_sha256(path)
    beside = path.parent / RECORD
    try:
        record = json.loads(beside.read_text())
        check_value(record, _RECORD)
    except FileNotFoundError:
        return ToldFile(option, str(path), sha256=sha256, why=f"no {RECORD} beside it")
    except (OSError, ValueError, MisfitError):
        why = f"the {RECORD} beside it does not say"
        return ToldFile(option, str(path), sha256=sha256, why=why)
    if record["table_sha256"] != sha256:
        why = f"the {RECORD} beside it speaks of other content"
        return ToldFile(option, str(path), sha256=sha256, why=why)
    told = tuple(map(_from_record, record["told_files"]))
    return ToldFile(option, str(path), record["made_by"], sha256, "", told)


def require_no_circle(told: ToldFile, command: str, remedy: str) -> None:
    """Refuse a file that was made, some steps before, of what ``command`` finds.

    Args:
        told: the file.
        command: ``match`` or ``types``, whose results it must not be made of.
        remedy: what to do.

    Raises:
        InputError: naming both files.
    """
    for each in told.ancestors():
        if each.made_by == command:
            raise InputError(
                f"{told.option}={told.file}: was made with {each.option}={each.file}, which "
                f"{command} {'wrote' if each.sha256 else 'was asked for'}; that is a circle, in "
                f"which an error confirms itself; {remedy}"
            )


def provenance(command: str, table: Path, told: tuple[ToldFile, ...]) -> dict[str, Any]:
    """What ``scores.json`` says of how ``table``, which ``command`` wrote, was made."""
    return {
        "made_by": command,
        "table_sha256": file_sha256(table),
        "told_files": [asdict(each) for each in told],
    }


def _from_record(record: dict[str, Any]) -> ToldFile:
    told = tuple(map(_from_record, record.get("told_files", ())))
    text = {key: str(record.get(key, "")) for key in ("sha256", "why")}
    return ToldFile(record["option"], record["file"], record["made_by"], told_files=told, **text)
