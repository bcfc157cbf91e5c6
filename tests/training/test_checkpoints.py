from pathlib import Path
from typing import Any

import pytest
import torch

from connectome.runs import KEY, read_checkpoint, require_same_data
from connectome.training.loop import VerifiedCheckpointIO
from connectome.types import InputError


def checkpoint() -> dict[str, Any]:
    return {KEY: {"config": {"a": 1}}, "state_dict": {"w": torch.arange(10_000.0)}}


def test_round_trip_leaves_one_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "best.ckpt"
    VerifiedCheckpointIO().save_checkpoint(checkpoint(), path)
    assert [file.name for file in path.parent.iterdir()] == ["best.ckpt"]
    loaded = VerifiedCheckpointIO().load_checkpoint(path)
    assert torch.equal(loaded["state_dict"]["w"], torch.arange(10_000.0))


def test_zeroed_weights_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "best.ckpt"
    VerifiedCheckpointIO().save_checkpoint(checkpoint(), path)
    content = bytearray(path.read_bytes())
    start = content.find(torch.arange(5000.0, 5100.0).numpy().tobytes())
    content[start : start + 400] = bytes(400)
    path.write_bytes(content)
    assert float(torch.load(path, weights_only=True)["state_dict"]["w"][5050]) == 0  # torch: fine
    with pytest.raises(InputError, match=r"best\.ckpt: corrupt.*checksum"):
        read_checkpoint(path)


@pytest.mark.parametrize("damage", ["truncated", "text", "empty"])
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "best.ckpt"
    VerifiedCheckpointIO().save_checkpoint(checkpoint(), path)
    whole = path.read_bytes()
    path.write_bytes(
        {"truncated": whole[: len(whole) // 2], "text": b"hello", "empty": b""}[damage]
    )
    with pytest.raises(InputError, match="corrupt or not a checkpoint"):
        read_checkpoint(path)


def test_foreign_and_missing_files_are_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    with pytest.raises(InputError, match="another program"):
        read_checkpoint(tmp_path / "other.ckpt")
    with pytest.raises(InputError, match="no such file"):
        read_checkpoint(tmp_path / "absent.ckpt")


def test_pickled_code_is_not_run(tmp_path: Path) -> None:
    torch.save({KEY: {}, "bad": Path("x")}, tmp_path / "pickle.ckpt")
    with pytest.raises(InputError, match="corrupt or not a checkpoint"):
        read_checkpoint(tmp_path / "pickle.ckpt")


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.ckpt"
    VerifiedCheckpointIO().save_checkpoint(checkpoint(), path)
    before = path.read_bytes()

    def disk_full(checkpoint: Any, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", disk_full)
    with pytest.raises(OSError, match="No space"):
        VerifiedCheckpointIO().save_checkpoint(checkpoint(), path)
    assert path.read_bytes() == before


def test_other_data_and_other_splits_are_named() -> None:
    here = {"data_fingerprint": "a", "split_fingerprint": "b"}
    require_same_data(here, here, "x.ckpt")
    with pytest.raises(InputError, match=r"x\.ckpt: made from another data set \(fingerprint z"):
        require_same_data(here | {"data_fingerprint": "z"}, here, "x.ckpt")
    with pytest.raises(InputError, match="made from another split"):
        require_same_data(here | {"split_fingerprint": "z"}, here, "x.ckpt")
    chosen = here | {"features_fingerprint": "c"}
    require_same_data(chosen, chosen, "x.ckpt")
    for other in (here, chosen | {"features_fingerprint": "z"}):
        with pytest.raises(InputError, match="made from another set of node features"):
            require_same_data(other, chosen, "x.ckpt")
