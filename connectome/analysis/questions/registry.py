"""The questions of a report: what there is to ask, and what becomes of one without an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from connectome.types import InputError

Answer = TypeVar("Answer", bound=Callable[..., None])


@dataclass(frozen=True)
class Question:
    """A question that a report can ask.

    Attributes:
        name: as in ``look.questions``.
        answer: called with the report so far
            (:class:`connectome.analysis.questions.answers.Answers`) and, if there are ``settings``,
            with these; it writes tables and figures, and raises ``InputError`` where the data
            cannot answer.
        settings: a dataclass with a default for each field, set as ``look.<name>.KEY=VALUE``; None
            without.
        place: questions are asked from the lowest to the highest.
    """

    name: str
    answer: Callable[..., None]
    settings: type | None
    place: int


QUESTIONS: dict[str, Question] = {}


def question(
    name: str, settings: type | None = None, place: int = 50
) -> Callable[[Answer], Answer]:
    """Make a function the answer to a question of its own; see :class:`Question`.

    Raises:
        InputError: if there is such a question already.
    """

    def register(answer: Answer) -> Answer:
        if name in QUESTIONS:
            raise InputError(f"question '{name}': is there already; give it another name")
        QUESTIONS[name] = Question(name, answer, settings, place)
        return answer

    return register


def known_questions() -> list[str]:
    """Their names, in the order in which they are asked."""
    return sorted(QUESTIONS, key=lambda name: QUESTIONS[name].place)


def require_counts(name: str, settings: Any, *options: str) -> None:
    """Refuse settings ``look.<name>.KEY`` of a question that must be at least one and are not.

    Raises:
        InputError: naming the first.
    """
    for option in options:
        if (value := getattr(settings, option)) < 1:
            raise InputError(f"look.{name}.{option}={value}: must be at least 1")


def ask(question: str, answer: Callable[[], object], left_out: list[str]) -> None:
    """Answer one question, or note in ``left_out`` why it cannot be answered.

    Only what is said of the data or of options (:class:`InputError`, with it
    ``NotApplicableError``) is such a reason. Anything else is a defect and is raised.
    """
    try:
        answer()
    except InputError as error:
        left_out.append(f"{question}: {error}")
