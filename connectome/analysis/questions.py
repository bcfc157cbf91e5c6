"""What becomes of a question that the data do not answer: it is left out, with its reason."""

from collections.abc import Callable

from connectome.types import InputError


def ask(question: str, answer: Callable[[], object], left_out: list[str]) -> None:
    """Answer one question, or note in ``left_out`` why it cannot be answered.

    Only what is said of the data or of options (:class:`InputError`, with it
    ``NotApplicableError``) is such a reason. Anything else is a defect and is raised.
    """
    try:
        answer()
    except InputError as error:
        left_out.append(f"{question}: {error}")
