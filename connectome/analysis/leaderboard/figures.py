"""Pictures of the leaderboard."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from connectome.analysis.leaderboard.markdown import panels
from connectome.analysis.leaderboard.tables import HEAD
from connectome.analysis.plotting import LINES, MARKERS, PALETTE, caption, joined
from connectome.data.splits import REGIMES

Style = dict[str, Any]


def plot_against(table: pd.DataFrame, x: str, label: str, title: str) -> Figure:
    """A panel a metric against ``x`` (``latent_dim`` or ``numbers_per_neuron``), a line a method.

    Methods without latent dimensions are horizontal lines, or single points.
    """
    native = table[~table["method"].str.endswith(HEAD)]
    shown = panels()
    rows_of_panels = (len(shown) + 1) // 2
    figure, axes = _figure((11, 4 * rows_of_panels), rows_of_panels, 2)
    styles = _styles(native["method"])
    for place, (metric, negatives, name) in zip(axes.flat, shown, strict=False):
        rows = native[(native["metric"] == metric) & (native["negatives"] == negatives)]
        for method, line in rows.groupby("method", sort=False):
            _draw(place, line.sort_values(x), x, styles[str(method)], str(method))
        place.set_xscale("log", base=2)
        ticks = sorted(table["latent_dim"].dropna().astype(int).unique())
        if x == "latent_dim" and ticks:
            place.set_xticks(ticks, [str(tick) for tick in ticks])
        place.set(xlabel=label, ylabel=name)
        _tidy(place)
    for place in axes.flat[len(shown) :]:
        place.set_axis_off()
    _legend(figure, axes.flat)
    figure.suptitle(caption(title, native["seeds"], "split", "95% intervals"))
    return figure


def _draw(axes: Axes, rows: pd.DataFrame, x: str, style: Style, label: str) -> None:
    if x == "latent_dim" and rows["latent_dim"].isna().any():
        line = {key: style[key] for key in ("color", "linestyle")} | {"linewidth": 1, "alpha": 0.7}
        axes.axhline(float(rows["mean"].iloc[0]), **line)
        axes.plot([], [], label=label, **line)
        return
    error = (rows["mean"] - rows["ci_low"]).fillna(0)
    look = style | {"linestyle": joined(len(rows), style["linestyle"])}
    axes.errorbar(rows[x].astype(float), rows["mean"], yerr=error, label=label, capsize=2, **look)


def plot_regimes(table: pd.DataFrame, title: str) -> Figure:
    """AUC under each kind of negatives, every method at its largest dimension."""
    rows = table[(table["metric"] == "auc") & table["negatives"].isin(REGIMES)]
    rows = _at_largest_dimension(rows[~rows["method"].str.endswith(HEAD)])
    wide = rows.pivot_table(index="method", columns="negatives", values="mean")
    order = [name for name in REGIMES if name in wide]
    wide = wide[order].sort_values(order[0])
    figure, axes = _figure((7.5, 0.36 * len(wide) + 1.8), 1, 1)
    place = axes.flat[0]
    at = np.arange(len(wide))
    half = rows.assign(half=rows["ci_high"] - rows["mean"])
    errors = half.pivot_table(index="method", columns="negatives", values="half", dropna=False)
    for index, name in enumerate(order):
        marker: Style = {"color": PALETTE[index], "marker": MARKERS[index], "linestyle": "none"}
        error = errors.reindex(index=wide.index, columns=order)[name].fillna(0)
        place.errorbar(wide[name], at, xerr=error, label=name.replace("_", " "), **marker)
    dims = rows.groupby("method")["latent_dim"].first()
    place.set_yticks(at, [_with_dim(str(method), dims) for method in wide.index])
    place.axvline(0.5, color="0.6", linewidth=1, linestyle=":")
    place.set_xlabel("ROC-AUC on held-out links")
    place.grid(axis="y", color="0.92")
    _tidy(place)
    _legend(figure, [place])
    figure.suptitle(caption(title, rows["seeds"], "split", "95% intervals"))
    return figure


def _at_largest_dimension(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of each method's largest dimension, and of those without dimensions."""
    largest = rows.groupby("method")["latent_dim"].transform("max")
    return rows[rows["latent_dim"].isna() | (rows["latent_dim"] == largest).fillna(False)]


def _with_dim(method: str, dims: pd.Series) -> str:
    return method if pd.isna(dims[method]) else f"{method} (d = {dims[method]})"


def plot_calibration(bins: pd.DataFrame, title: str) -> Figure:
    """Predicted against observed frequency, uniform negatives, calibrated on validation."""
    rows = bins[(bins["negatives"] == "uniform") & ~bins["method"].str.endswith(HEAD)]
    figure, axes = _figure((6.5, 6.5), 1, 1)
    place = axes.flat[0]
    rows = _at_largest_dimension(rows)
    styles = _styles(rows["method"])
    place.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle=":")
    for method, line in rows.groupby("method", sort=False):
        line = line[line["count"] >= 20].sort_values("confidence")
        place.plot(line["confidence"], line["frequency"], label=str(method), **styles[str(method)])
    place.set(xlabel="predicted probability", ylabel="share that are links", aspect="equal")
    _tidy(place)
    _legend(figure, [place])
    figure.suptitle(f"{title}\nuniform negatives, largest d, bins of at least 20 pairs")
    return figure


def _figure(size: tuple[float, float], rows: int, columns: int) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, squeeze=False)


def _styles(methods: pd.Series) -> dict[str, Style]:
    """Colour, marker and line of each method, the same in every panel."""
    again = ["#004166", "#7A3500", "#005C43", "#8F3F6E", "#8A6000", "#1F6E99", "#555555", "#B5B5B5"]
    colours = [*PALETTE, *again] * 4  # darker shades for the second eight
    return {
        str(method): {
            "color": colours[index],
            "marker": MARKERS[(index + index // len(PALETTE)) % len(MARKERS)],
            "linestyle": LINES[index // len(PALETTE) % len(LINES)],
            "markersize": 4,
            "linewidth": 1.2,
        }
        for index, method in enumerate(sorted(methods.unique()))
    }


def _tidy(axes: Axes) -> None:
    axes.minorticks_off()
    axes.grid(axis="y", color="0.92")
    axes.spines[["top", "right"]].set_visible(False)


def _legend(figure: Figure, axes: Iterable[Axes]) -> None:
    found = {
        label: handle
        for place in axes
        for handle, label in zip(*place.get_legend_handles_labels(), strict=True)
    }
    names = sorted(found)
    figure.legend(
        [found[name] for name in names], names, loc="outside lower center", ncols=4, fontsize=8
    )
