import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from connectome.data.readers.planetoid import read_planetoid
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


class Caller:
    """Pickles as a call of a harmless function."""

    def __init__(self, called: Any, *arguments: Any) -> None:
        self.call = called, arguments

    def __reduce__(self) -> Any:
        return self.call


def leave(path: str) -> None:
    Path(path).touch()


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_calls_anything_is_refused(tmp_path: Path, protocol: int) -> None:
    sentinel = tmp_path / "called"
    harmful = pickle.dumps({0: [Caller(leave, str(sentinel))]}, protocol)
    for part in ("x", "tx", "allx", "y", "ty", "ally", "graph", "test.index"):
        (tmp_path / f"ind.cora.{part}").write_bytes(harmful)
    with pytest.raises(InputError, match=r"ind\.cora\.x: cannot be read .*names .*leave"):
        read_planetoid(str(tmp_path))
    assert not sentinel.exists()
    pickle.loads(harmful)
    assert sentinel.exists()  # it would have been
