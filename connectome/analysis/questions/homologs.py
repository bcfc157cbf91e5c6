"""The question of homologs: how well the two sides of the brain find each other."""

from connectome.analysis.latent import homolog_table, plot_homologs
from connectome.analysis.questions.answers import Answers
from connectome.analysis.questions.registry import question


@question("homologs", place=40)
def homologs(look: Answers) -> None:
    """Held-out left-right homologs that each space finds, alone and with the wiring."""
    spaces = {space.name: space.factors[0] for space in look.spaces}
    table = homolog_table(look.connectome, spaces)
    look.write("homologs", table)
    title = f"{look.connectome.name}: held-out homologs"
    look.draw("homologs", plot_homologs(table, title, look.connectome.display.homolog_levels))
