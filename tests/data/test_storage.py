from pathlib import Path

import numpy as np
import pytest
import torch

from connectome.runs import load_json, load_scorer, load_split, save_json, save_scorer, save_split
from connectome.scores import Embedding
from connectome.types import InputError, LinkSplit


def embedding() -> Embedding:
    source = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    return Embedding(
        method="test",
        neuron_ids=np.array(["a", "b", "c", "d", "ü"]),
        source=source,
        target=source.flip(0),
        score="distance",
        source_bias=torch.arange(5.0),
        scale=1.5,
        offset=-0.5,
        log_std=source / 2,
        data_fingerprint="abc",
    )


def test_embedding_round_trip(tmp_path: Path) -> None:
    before = embedding()
    save_scorer(tmp_path / "e.npz", before)
    after = load_scorer(tmp_path / "e.npz")
    pairs = torch.tensor([[0, 1, 4], [2, 3, 0]])
    assert torch.equal(before.score_pairs(pairs), after.score_pairs(pairs))
    assert after.neuron_ids.tolist() == before.neuron_ids.tolist()
    assert (after.method, after.data_fingerprint) == ("test", "abc")
    assert torch.equal(after.log_std, before.log_std)  # type: ignore[arg-type]


def test_undirected_embedding_keeps_one_set_of_factors(tmp_path: Path) -> None:
    source = torch.randn(5, 3)
    save_scorer(tmp_path / "e.npz", Embedding("m", np.arange(5), source, source))
    after = load_scorer(tmp_path / "e.npz")
    assert after.target is after.source
    assert after.neuron_ids.dtype == np.int64


def test_ids_past_2_to_the_53_survive(tmp_path: Path) -> None:
    ids = np.array([720575940379283935, 720575940379283936])
    save_scorer(tmp_path / "e.npz", Embedding("m", ids, torch.ones(2, 1), torch.ones(2, 1)))
    assert load_scorer(tmp_path / "e.npz").neuron_ids.tolist() == ids.tolist()


def test_split_round_trip(tmp_path: Path, mushroom_split: LinkSplit) -> None:
    save_split(tmp_path / "s.npz", mushroom_split)
    assert load_split(tmp_path / "s.npz").fingerprint == mushroom_split.fingerprint


@pytest.mark.parametrize("damage", ["zeroed", "truncated", "text"])
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "e.npz"
    save_scorer(path, embedding())
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    if damage == "zeroed":
        content[200:260] = bytes(60)
    elif damage == "truncated":
        content = content[:middle]
    else:
        content = bytearray(b"neuron,x,y\n")
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"e\.npz: corrupt"):
        load_scorer(path)


def test_missing_and_foreign_files_are_refused(tmp_path: Path, mushroom_split: LinkSplit) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_scorer(tmp_path / "absent.npz")
    save_split(tmp_path / "s.npz", mushroom_split)
    with pytest.raises(InputError, match="has no 'kind'"):
        load_scorer(tmp_path / "s.npz")


def test_json_is_replaced_whole(tmp_path: Path) -> None:
    save_json(tmp_path / "a.json", {"x": 1})
    save_json(tmp_path / "a.json", {"x": 2})
    assert load_json(tmp_path / "a.json") == {"x": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        load_json(tmp_path / "a.json")


def test_a_scorer_that_no_file_holds_is_refused(tmp_path: Path) -> None:
    class Mine:
        method = "mine"

    with pytest.raises(InputError, match="Mine: a run holds a scorer of Embedding, Neighbour"):
        save_scorer(tmp_path / "mine.npz", Mine())  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
