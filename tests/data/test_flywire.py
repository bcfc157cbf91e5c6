from pathlib import Path

import pandas as pd
import pytest

from connectome.data.readers.flywire import read_flywire_right
from connectome.types import InputError


def test_ids_beyond_double_precision_stay_exact(tmp_path: Path) -> None:
    first = 720575940596125868  # the next one is the same double
    pd.DataFrame(
        {"pre_root_id": [first, first], "post_root_id": [first + 1] * 2, "syn_count": [5, 7]}
    ).to_parquet(tmp_path / "connections.parquet")
    pd.DataFrame({"root_id": [first + 1, first], "cell_type": ["T4c", None]}).to_parquet(
        tmp_path / "neurons.parquet"
    )
    connectome = read_flywire_right(str(tmp_path))
    assert connectome.neuron_ids.tolist() == [first + 1, first]
    assert connectome.edge_index.tolist() == [[1], [0]]
    assert connectome.synapses.tolist() == [12.0]
    assert connectome.neurons["cell_type"].isna().tolist() == [False, True]


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.*neurons\.parquet: no such file"):
        read_flywire_right(str(tmp_path / "nowhere"))


@pytest.mark.slow
def test_counts_of_the_release(flywire_folder: Path) -> None:
    connectome = read_flywire_right(str(flywire_folder))
    assert (connectome.num_neurons, connectome.num_edges) == (66_658, 1_231_192)
    assert int(connectome.synapses.sum()) == 15_196_728
    assert int(connectome.neurons["cell_type"].notna().sum()) == 52_168
