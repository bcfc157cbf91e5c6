import io

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from connectome.data.describe import describe, print_description
from connectome.data.tabular import assemble
from connectome.types import Connectome, InputError


def toy() -> Connectome:
    return assemble(
        "toy",
        ids=np.array([10, 20, 30, 40]),
        pre=np.array([10, 20, 20, 30]),
        post=np.array([20, 10, 30, 30]),
        synapses=np.array([1.0, 2.0, 3.0, 4.0]),
        neurons=pd.DataFrame({"kind": ["a", "a", None, "b"], "size": [0.1, 0.2, 0.3, None]}),
    )


def test_counts_by_hand() -> None:
    facts = describe(toy())
    assert (facts.neurons, facts.edges, facts.synapses, facts.self_loops) == (4, 4, 10, 1)
    assert facts.undirected_links == 2
    assert facts.reciprocity == pytest.approx(2 / 3)
    assert facts.density == pytest.approx(3 / 12)
    assert facts.isolated_neurons == 1  # a self-loop connects to nobody
    assert facts.labels == {"kind": {"a": 2, "b": 1, "missing": 1}}
    assert facts.columns == {"kind": 3, "size": 3}


def test_print_shows_the_counts() -> None:
    console = Console(file=io.StringIO(), width=100)
    print_description(describe(toy()), console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for part in ("toy", "neurons", "reciprocity", "0.667", "a 2, b 1, missing 1"):
        assert part in text


def test_assemble_refuses_bad_counts_and_ids() -> None:
    ids, pre, post = np.array([1, 2]), np.array([1]), np.array([2])
    with pytest.raises(InputError, match="synapse count nan of 1 -> 2 in edge row 1"):
        assemble("t", ids, pre, post, np.array([np.nan]))
    with pytest.raises(InputError, match="synapse count -1 of 1 -> 2 in edge row 1"):
        assemble("t", ids, pre, post, np.array([-1.0]))
    with pytest.raises(InputError, match="for example 3"):
        assemble("t", ids, pre, np.array([3]), np.array([1.0]))
    types = {"aa": (np.array([2]), np.array([1]), np.array([1.0]))}
    with pytest.raises(InputError, match="edge type has edges"):
        assemble("t", ids, pre, post, np.array([1.0]), edge_types=types)
