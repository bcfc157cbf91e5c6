"""What a report of the inside of embeddings asks, and what an earlier one left."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectome.analysis.latent import UMAP, require_map
from connectome.analysis.questions.registry import QUESTIONS, Question, known_questions
from connectome.runs import Value, load_json
from connectome.types import Connectome, InputError

RECORD = "report.json"  # which files a report wrote, and what it was asked
ALL = "all"
_SHARED = ("questions", "type_column", "fewest", "cluster_column", "map")
USUAL_COLUMNS = {"type_column": "cell_type", "cluster_column": "cluster_level7"}


@dataclass(frozen=True)
class ReportSettings:
    """What a report asks; :func:`report_settings` makes one.

    Attributes:
        questions: names of questions, or ``all``; those that the data do not allow are left out
            and named.
        type_column: column of the neuron table that is probed and coloured.
        fewest: types that fewer neurons have are taken as unknown.
        cluster_column: published clusters to compare with.
        map: what shows more than two dimensions, ``umap`` or ``components``.
        own: settings of single questions, by name; the others have their defaults.

    Raises:
        InputError: for an unknown question, settings of another class, or a count below one.
    """

    questions: tuple[str, ...] | list[str] | str
    type_column: str
    fewest: int
    cluster_column: str
    own: Mapping[str, Any]
    map: str = UMAP

    def __post_init__(self) -> None:
        known = ", ".join(known_questions())
        if self.questions != ALL and (isinstance(self.questions, str) or not self.questions):
            raise InputError(
                f"look.questions={self.questions}: give a list such as '[maps,explorer]', among "
                f"{known}, or all"
            )
        for name in () if self.questions == ALL else self.questions:
            if name not in QUESTIONS:
                raise InputError(f"look.questions={name}: choose among {known}")
        for name, settings in self.own.items():
            wanted = QUESTIONS[name].settings if name in QUESTIONS else None
            if wanted is None:
                options = ", ".join([*_SHARED, *(n for n, q in QUESTIONS.items() if q.settings)])
                raise InputError(f"look.{name}: unknown option; there are {options}")
            if not isinstance(settings, wanted):
                raise InputError(
                    f"look.{name}={settings}: give {wanted.__name__}, or look.{name}.KEY=VALUE"
                )
        if self.fewest < 1:
            raise InputError(f"look.fewest={self.fewest}: must be at least 1")
        require_map(self.map, "look.map")

    @property
    def asked(self) -> list[Question]:
        """The questions, in the order in which they are asked."""
        chosen = known_questions()
        return [QUESTIONS[n] for n in chosen if self.questions == ALL or n in self.questions]

    def of(self, question: Question) -> list[Any]:
        """What the answer is called with besides the report: its settings, if it has any."""
        if question.settings is None:
            return []
        return [self.own[question.name] if question.name in self.own else question.settings()]

    def record(self) -> dict[str, Any]:
        """What was asked, in plain values for JSON."""
        own = {q.name: vars(settings) for q in self.asked for settings in self.of(q)}
        shared = {name: getattr(self, name) for name in _SHARED[1:]}
        return {"questions": [q.name for q in self.asked]} | shared | own


def report_settings(
    questions: tuple[str, ...] | list[str] | str = ALL,
    type_column: str = USUAL_COLUMNS["type_column"],
    fewest: int = 1,
    cluster_column: str = USUAL_COLUMNS["cluster_column"],
    map: str = UMAP,
    **own: Any,
) -> ReportSettings:
    """What a report asks, with the settings of single questions under their names.

    Raises:
        InputError: see :class:`ReportSettings`.
    """
    return ReportSettings(questions, type_column, fewest, cluster_column, own, map)


def require_columns(connectome: Connectome, settings: ReportSettings) -> None:
    """A column that was named must exist; a default one may be missing.

    Raises:
        InputError: naming the first column that is missing.
    """
    for option, usual in USUAL_COLUMNS.items():
        column = getattr(settings, option)
        if column != usual and column not in connectome.neurons:
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
