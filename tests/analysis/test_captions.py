"""What figures say of their means and bars."""

import numpy as np
import pandas as pd
import pytest

from connectome.analysis.latent.map_figures import MOST_NAMED, plot_types
from connectome.analysis.plotting import caption, plot_latent_dims, styles


@pytest.mark.parametrize(
    ("repeats", "expected"),
    [
        ([1, 1], "toy\none seed"),
        ([3, 3], "toy\nmeans over 3 seeds, bars: 1 s.d."),
        ([1, 5], "toy\nmeans over 1 to 5 seeds, bars: 1 s.d."),
    ],
)
def test_bars_are_named_where_there_are_any(repeats: list[int], expected: str) -> None:
    assert caption("toy", repeats, "seed", "1 s.d.") == expected


def test_one_dimension_has_a_point_and_no_line() -> None:
    summary = pd.DataFrame(
        {
            "model": ["gae", "gae", "vgae"],
            "latent_dim": pd.array([2, 4, 2], dtype="Int64"),
            "seeds": 1,
            **{f"test/{score}_{part}": np.nan for score in ("auc", "ap") for part in ("sd",)},
            **{f"test/{score}_mean": [0.8, 0.9, 0.7] for score in ("auc", "ap")},
        }
    )
    axes = plot_latent_dims(summary, "toy").axes[0]
    drawn = [one.lines[0].get_linestyle() for one in axes.containers]
    assert [style == "None" for style in drawn] == [False, True]


@pytest.mark.parametrize("count", [17, 60])
def test_the_legend_names_types_and_counts_the_rest(count: int) -> None:
    code = np.repeat(np.arange(count), 1 + np.arange(count) // 10)  # later types are larger
    types = [f"t{index:02d}" for index in range(count)]
    position = np.random.default_rng(0).normal(size=(len(code), 2))
    [legend] = plot_types(position, code, types, styles(types), "toy").legends
    names = [text.get_text() for text in legend.get_texts()]
    if count == 17:
        assert sorted(names) == sorted([*types, "unknown"])
    else:
        assert names[MOST_NAMED:] == ["unknown", "and 20 more types"]
        assert set(names[:MOST_NAMED]) == set(types[20:])
