"""What a report of the inside of embeddings asks, and what an earlier one left."""

from dataclasses import dataclass
from pathlib import Path

from connectome.data.schema import Value
from connectome.data.storage import load_json
from connectome.types import Connectome, InputError

RECORD = "report.json"  # which files a report wrote, and what it was asked
QUESTIONS = ("maps", "cell_types", "clusters", "homologs", "explorer")


@dataclass(frozen=True)
class ReportSettings:
    """What a report asks.

    Attributes:
        questions: among ``QUESTIONS``; those that the data do not allow are left out and named.
        type_column: column of the neuron table that is probed and coloured.
        fewest: types that fewer neurons have are taken as unknown.
        cluster_column: published clusters to compare with.
        seeds: of the folds of the probe.
        permutations: for each null of the cluster table.

    Raises:
        InputError: for an unknown question or a count below one.
    """

    questions: tuple[str, ...] | list[str] = QUESTIONS
    type_column: str = "cell_type"
    fewest: int = 1
    cluster_column: str = "cluster_level7"
    seeds: int = 3
    permutations: int = 200

    def __post_init__(self) -> None:
        if isinstance(self.questions, str) or not self.questions:
            raise InputError(
                f"look.questions={self.questions}: give a list such as '[maps,explorer]', among "
                f"{', '.join(QUESTIONS)}"
            )
        for name in self.questions:
            if name not in QUESTIONS:
                raise InputError(f"look.questions={name}: choose among {', '.join(QUESTIONS)}")
        for option in ("fewest", "seeds", "permutations"):
            if (value := getattr(self, option)) < 1:
                raise InputError(f"look.{option}={value}: must be at least 1")


def require_columns(connectome: Connectome, settings: ReportSettings) -> None:
    """A column that was named must exist; a default one may be missing."""
    usual = ReportSettings()
    for option in ("type_column", "cluster_column"):
        column = getattr(settings, option)
        if column != getattr(usual, option) and column not in connectome.neurons:
            known = ", ".join(map(str, connectome.neurons.columns)) or "none"
            raise InputError(
                f"look.{option}={column}: {connectome.name} has no such column, only {known}"
            )


def clear(folder: Path) -> None:
    """Remove what an earlier report wrote, so that no answer to other questions stays behind.

    The record may come from elsewhere with its folder, so only names in that folder are removed.

    Raises:
        InputError: if the record is damaged or names a file elsewhere.
    """
    record, remedy = folder / RECORD, "delete it and repeat"
    if not record.is_file():
        return
    names = load_json(record, _WRITTEN, remedy)["files"]
    for name in names:
        if Path(name).name != name or name in ("", ".."):
            raise InputError(f"{record}: names a file that is not in its folder, {name}; {remedy}")
    for name in names:
        (folder / name).unlink(missing_ok=True)


_WRITTEN = Value((dict,), fields={"files": Value((list,), True, rest=Value((str,)))})
