"""Maps: where each neuron lies in the plane, and what may explain its place away."""

import numpy as np

from connectome.analysis.latent import (
    map_table,
    plot_clusters,
    plot_quantities,
    plot_types,
    stability_table,
)
from connectome.analysis.plotting import styles
from connectome.analysis.questions.answers import Answers
from connectome.analysis.questions.registry import question
from connectome.types import degrees


@question("maps", place=10)
def maps(look: Answers) -> None:
    """The first space by cell type, by published cluster, and by what may explain it away."""
    space, types = look.shown, look.types
    title = f"{look.connectome.name}: {space.shown_as}"
    sent, received = degrees(look.connectome.edge_index, look.connectome.num_neurons)
    quantities = {"log10 total degree": np.log10(np.maximum((sent + received).numpy(), 1))}
    if space.uncertainty is not None:
        quantities["posterior s.d."] = space.uncertainty
    if space.instability is not None:
        count = len(space.repeats)
        quantities[f"s.d. over {count} seeds / spread"] = space.instability
        look.write("stability", stability_table(look.spaces))
    if len(worth := map_table(look.spaces)):
        look.write("map_quality", worth)
    look.draw("map_controls", plot_quantities(space.position, quantities, title))
    if types is None:
        return
    style = styles(types.names, look.connectome.display)
    look.draw("map_types", plot_types(space.position, types.code, types.names, style, title))
    if look.published is not None:
        arguments = (look.published, types.code, types.names, style, title)
        look.draw("map_clusters", plot_clusters(space.position, *arguments))
