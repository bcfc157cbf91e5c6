import json
from pathlib import Path

import pytest

from connectome.data.neurons import homologs
from connectome.data.readers.celegans import ANIMALS, read_celegans
from connectome.types import InputError

CELLS = """Cell name,Type,Name details,Lineage,Classification
AVAL,Layer 1 interneuron,x,x,x
AVAR,Layer 1 interneuron,x,x,x
ASHL,"Amphid, nociceptive",x,x,x
ASHR,"Amphid, nociceptive",x,x,x
AVL,Ventral cord motor neuron,x,x,x
MDL01,Head muscle,x,x,x
DX1,Male interneuron,x,x,x,x
"""


def write_package(folder: Path) -> Path:
    """The layout of cect: two animals, the second with one neuron more."""
    (folder / "cache").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "data" / "all_cell_info.csv").write_text(CELLS)
    nodes = ["AVAL", "AVAR", "ASHL", "ASHR", "MDL01", "AVL"]
    chemical = [[0.0] * 6 for _ in nodes]
    chemical[2][0] = chemical[3][1] = 4.0  # ASH -> AVA on both sides
    chemical[0][4] = 9.0  # onto a muscle
    chemical[1][0] = 1.0
    electrical = [[0.0] * 6 for _ in nodes]
    electrical[0][1] = electrical[1][0] = 2.0
    for number in (1, 2):
        more = [row[:] for row in chemical]
        more[5][0] = 3.0 if number == 2 else 0.0
        content = {
            "nodes": nodes,
            "connections": {"Generic_CS": more, "Generic_GJ": electrical},
        }
        (folder / "cache" / f"WitvlietDataReader{number}.json").write_text(json.dumps(content))
    return folder


def test_neurons_of_an_animal_without_muscles(tmp_path: Path) -> None:
    animal = read_celegans(["witvliet_1"], root=str(write_package(tmp_path)))
    assert animal.name == "celegans_witvliet_1"
    assert animal.neuron_ids.tolist() == ["AVAL", "AVAR", "ASHL", "ASHR"]  # AVL has no partner
    edges = {
        (str(animal.neuron_ids[i]), str(animal.neuron_ids[j])): float(k)
        for (i, j), k in zip(animal.edge_index.T.tolist(), animal.synapses, strict=True)
    }
    assert edges == {("ASHL", "AVAL"): 4, ("ASHR", "AVAR"): 4, ("AVAR", "AVAL"): 1}
    assert animal.neurons["cell_type"].tolist() == ["inter", "inter", "sensory", "sensory"]
    assert animal.neurons["hemisphere"].tolist() == ["left", "right", "left", "right"]
    assert homologs(animal).tolist() == [1, 0, 3, 2]


def test_a_name_that_ends_in_l_has_no_side_without_its_mate(tmp_path: Path) -> None:
    animal = read_celegans(["witvliet_2"], root=str(write_package(tmp_path)))
    row = animal.neuron_ids.tolist().index("AVL")
    assert animal.neurons["hemisphere"].isna()[row]
    assert animal.neurons["cell_type"][row] == "motor"


def test_gap_junctions_alone_or_added(tmp_path: Path) -> None:
    root = str(write_package(tmp_path))
    junctions = read_celegans(["witvliet_1"], root=root, synapses="electrical")
    assert junctions.synapses.tolist() == [2, 2]
    assert float(read_celegans(["witvliet_1"], root=root, synapses="both").synapses.sum()) == 13


def test_animals_are_joined_and_left_out(tmp_path: Path) -> None:
    root = str(write_package(tmp_path))
    both = read_celegans(["witvliet_1", "witvliet_2"], root=root)
    assert both.member_sizes == (4, 5)
    assert both.neurons["neuron"].tolist()[:2] == ["AVAL", "AVAR"]
    assert both.neuron_ids[0] == "witvliet_1:AVAL"
    assert int((homologs(both) >= 0).sum()) == 2 * 4
    one = read_celegans(["witvliet_1", "witvliet_2"], root=root, without="witvliet_1")
    assert one.num_neurons == 5
    assert one.name == "celegans_witvliet_2"


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    root = str(write_package(tmp_path))
    with pytest.raises(InputError, match="no animal 'witvliet_9'; choose among witvliet_1"):
        read_celegans(["witvliet_9"], root=root)
    with pytest.raises(InputError, match=r"WitvlietDataReader3.json: no such file"):
        read_celegans(["witvliet_3"], root=root)
    (tmp_path / "cache" / "WitvlietDataReader4.json").write_text("{}")
    with pytest.raises(InputError, match=r"WitvlietDataReader4.json: not a dataset of cect"):
        read_celegans(["witvliet_4"], root=root)
    with pytest.raises(InputError, match=r"all_cell_info.csv: cannot be read"):
        read_celegans(["witvliet_1"], root=str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=r"data\.synapses=chem"):
        read_celegans(["witvliet_1"], root=root, synapses="chem")


def test_the_published_animals() -> None:
    hermaphrodite = read_celegans(["cook_hermaphrodite"])
    assert (hermaphrodite.num_neurons, hermaphrodite.num_edges) == (302, 3709)
    assert read_celegans(["cook_male"]).num_neurons == 380
    assert len(ANIMALS) == 11
