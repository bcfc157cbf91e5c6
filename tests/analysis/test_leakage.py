import pytest

from connectome.analysis.leaderboard import leakage
from connectome.data.splits import SplitConfig
from tests.conftest import random_connectome


@pytest.mark.parametrize("pairs", [None, ["nobody"] * 40])
def test_without_usable_homologs_the_other_routes_are_measured(pairs: list[str] | None) -> None:
    connectome = random_connectome(0)
    if pairs:
        connectome.neurons["pair_id"] = pairs
    table = leakage(connectome, SplitConfig(directed=True))
    assert "the mirror image exists" not in set(table["route"])
    assert len(table) == 3
