"""The explorer: one page of all spaces, with what the other questions found."""

from connectome.analysis.explorer import make_explorer, write_explorer
from connectome.analysis.questions.answers import Answers
from connectome.analysis.questions.registry import question


@question("explorer", place=100)
def explorer(look: Answers) -> None:
    """The page of all spaces, with what was found."""
    made = look.provenance | ({"left out": "\n".join(look.left_out)} if look.left_out else {})
    about = (look.types, look.found, look.confidence, look.tables)
    page = make_explorer(look.connectome, look.spaces, *about, made)
    look.page = write_explorer(look.folder / "explorer.html", page)
    look.note(look.page)
