"""Link prediction beside cell types: the one says little of the other."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from connectome.analysis.latent.spaces import LatentSpace


def beside_links(probes: pd.DataFrame, spaces: Sequence[LatentSpace]) -> pd.DataFrame:
    """The best classifier of each space and control, beside the AUC of held-out links.

    Args:
        probes: from :func:`connectome.analysis.latent.cell_type_probe.probe_table`.
        spaces: the embeddings; their AUC is that of the runs that held links out.

    Returns:
        Columns ``features, kind, numbers, auc, classifier, accuracy, macro_f1``, the best types
        first; ``auc`` is NaN for what scores no links, or had none held out.
    """
    best = probes.sort_values("accuracy", ascending=False).drop_duplicates("features")
    auc = {space.name: space.auc for space in spaces}
    table = best[["features", "kind", "numbers", "classifier", "accuracy", "macro_f1"]].copy()
    table.insert(3, "auc", [auc.get(name, np.nan) for name in table["features"]])
    return table.reset_index(drop=True)


def plot_beside_links(table: pd.DataFrame, name: str) -> Figure:
    """Accuracy of cell types against AUC of links; what has no AUC is a line across.

    Args:
        table: from :func:`beside_links`.
        name: of the data set.
    """
    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    placed, others = table[table["auc"].notna()], table[table["auc"].isna()]
    for k, (_, row) in enumerate(placed.iterrows()):
        axes.scatter(row["auc"], row["accuracy"], s=46, color=f"C{k % 10}", label=row["features"])
    looks = ("-", "--", ":", "-.")
    for k, (_, row) in enumerate(others.iterrows()):
        grey = str(0.2 + 0.1 * (k % 5))
        axes.axhline(row["accuracy"], label=row["features"], color=grey, ls=looks[k % 4], lw=1)
    axes.set(
        xlabel="AUC of held-out links",
        ylabel="held-out neurons of the right cell type",
        ylim=(0, 1.02),
        title=f"{name}: links beside cell types",
    )
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    return figure
