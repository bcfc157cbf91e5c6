"""Pictures of matched neurons: by confidence, by partners, beside controls."""

from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from connectome.analysis.cell_typing import (
    plain_figure,
    plot_controls,
    plot_coverage,
    plot_reliability,
)
from connectome.analysis.neuron_matching.scores import right_pairs
from connectome.analysis.neuron_matching.tasks import METHOD, Matched
from connectome.analysis.plotting import PALETTE

PARTNERS = (0, 1, 3, 6, 12, 24, 50, 100, 10**9)


def figures(matched: Matched, degree: np.ndarray) -> dict[str, Figure]:
    """By name, what the truth allows.

    Args:
        matched: what came of the matching.
        degree: ``[N]`` partners of each neuron, senders and receivers.
    """
    name = f"{matched.brain.name} to {matched.home.name}"
    made: dict[str, Figure] = {}
    if len(matched.asked.pairs):
        right = right_pairs(matched.asked, matched.pairing)
        rows = matched.asked.pairs[:, 0]
        made["by_partners"] = plot_partners(right, degree[rows], f"{name}: by partners")
        sure = matched.pairing.confidence[rows]
        if not np.isnan(sure).any():
            made["reliability"] = plot_reliability(sure, right, f"{name}: confidence")
            made["coverage"] = plot_coverage(
                sure, right, f"{name}: hits@1 by confidence", "matched"
            )
    if matched.truth is not None:
        values = {
            method: {"hits@1": each.hits_at_1, "same type": each.same_type}
            for method, each in matched.scores.items()
        }
        made["controls"] = plot_controls(values, METHOD, f"{name}: method and controls")
    return made


def plot_partners(right: np.ndarray, degree: np.ndarray, title: str) -> Figure:
    """Share of the pairs that are found, by how many partners the neuron has.

    Args:
        right: ``[P]`` bool.
        degree: ``[P]`` partners.
        title: above the figure.
    """
    figure, axes = plain_figure(title)
    shown, found = [], []
    for low, high in pairwise(PARTNERS):
        inside = (degree >= low) & (degree < high)
        if inside.any():
            shown.append(f"{low}" if high == low + 1 else f"{low}-{high - 1}")
            found.append((right[inside].mean(), int(inside.sum())))
    shown = [one.replace(f"-{PARTNERS[-1] - 1}", " and more") for one in shown]
    axes.bar(range(len(found)), [share for share, _ in found], color=PALETTE[0])
    for place, (share, count) in enumerate(found):
        axes.text(place, share + 0.01, f"{count:,}", ha="center", fontsize=8)
    axes.set_xticks(range(len(shown)), shown, fontsize=8, rotation=30)
    axes.set(ylim=(0, 1.08), xlabel="partners of the neuron (above: number of pairs)")
    axes.set_ylabel("share of pairs that is found")
    return figure
