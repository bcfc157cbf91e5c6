from pathlib import Path

import pytest

from connectome.training import wandb_logger
from connectome.types import InputError


def test_online_without_a_key_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "absent"))
    with pytest.raises(InputError, match=r"logger\.offline=false: no W&B key"):
        wandb_logger(str(tmp_path), "run", "group", "project", offline=False, init_timeout=1)
