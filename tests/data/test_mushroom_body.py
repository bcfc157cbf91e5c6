import pytest

from connectome.data.describe import describe
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.types import InputError


@pytest.mark.parametrize(
    ("side", "neurons", "edges", "synapses", "kenyon"),
    [("right", 213, 7536, 26371, 100), ("left", 209, 7425, 25322, 101)],
)
def test_published_counts(side: str, neurons: int, edges: int, synapses: int, kenyon: int) -> None:
    facts = describe(read_mushroom_body(side))
    assert (facts.neurons, facts.edges, facts.synapses) == (neurons, edges, synapses)
    assert facts.labels["cell_type"]["Kenyon"] == kenyon
    assert facts.labels["hemisphere"] == {side: neurons}
    assert facts.isolated_neurons == 0


def test_rows_are_presynaptic() -> None:
    # Projection neurons bring odours to Kenyon cells; nothing goes back.
    connectome = read_mushroom_body("right")
    classes = connectome.neurons["cell_type"].to_numpy()
    pre, post = classes[connectome.edge_index.numpy()]
    assert ((pre == "projection") & (post == "Kenyon")).sum() > 100
    assert not ((pre == "Kenyon") & (post == "projection")).any()


def test_unknown_side_is_refused() -> None:
    with pytest.raises(InputError, match=r"data\.side=middle: choose one of left, right"):
        read_mushroom_body("middle")
