"""Small connectomes, and the optional large ones."""

import gc
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from connectome.config import register
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.splits import SplitConfig, message_graph, split_links
from connectome.data.tabular import assemble
from connectome.types import Connectome, LinkSplit, MessageGraph
from tests.programs import ROOT

# Data that may not be shipped: in CONNECTOME_TEST_DATA, or beside the checkout.
TEST_DATA = Path(os.environ.get("CONNECTOME_TEST_DATA") or ROOT.parent / "shared" / "data")

register()
torch.set_num_threads(1)  # pytest-xdist already uses every core


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait for programs that they start."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection_finish() -> None:
    """What was imported stays: looking through it again and again is a tenth of all time."""
    gc.collect()
    gc.freeze()


def data_file(relative: str) -> Path:
    path = TEST_DATA / relative
    if not path.exists():
        pytest.skip(f"{relative} is absent: set CONNECTOME_TEST_DATA to the folder that holds it")
    return path


@pytest.fixture(scope="session")
def larva_archive() -> Path:
    return data_file("winding2023/Supplementary-Data-S1.zip")


@pytest.fixture(scope="session")
def planetoid_folder() -> Path:
    data_file("planetoid/ind.cora.x")
    return TEST_DATA / "planetoid"


@pytest.fixture(scope="session")
def flywire_folder() -> Path:
    data_file("flywire_right/connections.parquet")
    return TEST_DATA / "flywire_right"


def random_connectome(seed: int, neurons: int = 40, edges: int = 300) -> Connectome:
    rng = np.random.default_rng(seed)
    ids = rng.permutation(np.arange(1000, 1000 + neurons))
    pre, post = rng.choice(ids, size=(2, edges))
    return assemble("random", ids, pre, post, rng.integers(1, 9, edges).astype(float))


def annotated_connectome(seed: int, neurons: int = 40, edges: int = 300) -> Connectome:
    """Random homologs (some neurons without), cell types (some unknown) and edge types."""
    rng = np.random.default_rng(seed)
    plain = random_connectome(seed, neurons, edges)
    ids = plain.neuron_ids
    shuffled, pairs = rng.permutation(neurons), rng.integers(0, neurons // 2 + 1)
    partner = pd.Series(pd.NA, index=range(neurons), dtype="Int64")
    for left, right in shuffled[: 2 * pairs].reshape(-1, 2):
        partner[left], partner[right] = ids[right], ids[left]
    kinds = rng.choice(["KC", "PN", "MBON", "LN", None], neurons)
    share = torch.from_numpy(rng.integers(0, 2, plain.num_edges)).double()
    return replace(
        plain,
        neurons=pd.DataFrame({"pair_id": partner, "cell_type": kinds}),
        edge_type_names=("aa", "ad"),
        edge_type_synapses=torch.stack([plain.synapses * share, plain.synapses * (1 - share)], 1),
    )


@pytest.fixture
def tiny() -> Connectome:
    return random_connectome(0)


@pytest.fixture(scope="session")
def mushroom() -> Connectome:
    return read_mushroom_body("right")


@pytest.fixture(scope="session")
def mushroom_split(mushroom: Connectome) -> LinkSplit:
    return split_links(mushroom, SplitConfig())


@pytest.fixture(scope="session")
def mushroom_graph(mushroom: Connectome, mushroom_split: LinkSplit) -> MessageGraph:
    return message_graph(mushroom, mushroom_split)
