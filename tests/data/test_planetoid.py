from pathlib import Path

import pytest
import torch

from connectome.data import read_planetoid
from connectome.types import InputError


def test_cora_counts(planetoid_folder: Path) -> None:
    cora = read_planetoid(str(planetoid_folder))
    assert (cora.num_neurons, cora.num_edges) == (2708, 2 * 5278)
    assert cora.features is not None
    assert cora.features.shape == (2708, 1433)
    torch.testing.assert_close(cora.features.sum(dim=1), torch.ones(2708))
    assert cora.neurons["topic"].nunique() == 7
    assert read_planetoid(str(planetoid_folder), features=False).features is None


def test_bad_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data\.dataset=core: choose one of"):
        read_planetoid(str(tmp_path), "core")
    with pytest.raises(InputError, match=r"ind\.cora\.x: no such file; check data\.root"):
        read_planetoid(str(tmp_path))
    for part in ("x", "tx", "allx", "y", "ty", "ally", "graph", "test.index"):
        (tmp_path / f"ind.cora.{part}").write_bytes(b"\x80\x04broken")
    with pytest.raises(InputError, match="cannot be read"):
        read_planetoid(str(tmp_path))
