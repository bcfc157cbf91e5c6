"""Homologs: do the two sides of the brain find each other?"""

from functools import partial

from connectome.analysis.homolog_figures import plot_homologs
from connectome.analysis.homologs import homolog_table, require_unseen_pairs
from connectome.analysis.inside_answers import Answers
from connectome.analysis.questions import question


@question("homologs", place=40)
def homologs(look: Answers) -> None:
    """Held-out left-right homologs that each space finds, alone and with the wiring."""
    told = [space for space in look.spaces if space.pairs]
    if len(told) == len(look.spaces):
        require_unseen_pairs(told[0].name, told[0].pairs)  # nobody is left to ask
    for space in told:
        look.ask("homologs", partial(require_unseen_pairs, space.name, space.pairs))
    spaces = {space.name: space.factors[0] for space in look.spaces if not space.pairs}
    table = homolog_table(look.connectome, spaces)
    look.write("homologs", table)
    published: dict[str, float] | None = None if look.connectome.name == "larva_brain" else {}
    title = f"{look.connectome.name}: held-out homologs"
    look.draw("homologs", plot_homologs(table, title, published))
