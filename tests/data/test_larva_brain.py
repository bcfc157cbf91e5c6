import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import torch

from connectome.data.describe import describe
from connectome.data.readers.larva_brain import read_larva_brain
from connectome.types import Connectome, InputError


@pytest.fixture(scope="module")
def larva(larva_archive: Path) -> Connectome:
    return read_larva_brain(str(larva_archive))


def test_published_counts(larva: Connectome) -> None:
    facts = describe(larva)
    assert (facts.neurons, facts.edges, facts.synapses) == (2952, 110_677, 352_611)
    assert facts.edges_by_type == {"aa": 40_636, "ad": 63_545, "da": 3_722, "dd": 9_019}
    assert (facts.self_loops, facts.undirected_links) == (537, 95_990)
    json.dumps(facts.as_dict())


def test_four_types_add_up_although_their_files_are_ordered_differently(larva: Connectome) -> None:
    assert torch.equal(larva.edge_type_synapses.sum(dim=1), larva.synapses)


def test_annotations_are_joined_by_skeleton_id(larva: Connectome) -> None:
    table = larva.neurons.set_index(pd.Index(larva.neuron_ids))
    assert table["cell_type"].isna().sum() == 346
    assert table["cell_type"].nunique() == 17
    clusters = table["cluster_level7"].dropna()
    assert set(clusters) == set(range(93)) - {45} | {0, 92}
    assert table.loc[29, "axon_input"] == 109
    assert table.loc[29, "axon_io_ratio"] == pytest.approx(109 / 190)
    assert table.loc[29, "dendrite_io_ratio"] == pytest.approx(28 / 94)


def test_pairs_are_mutual_and_across_the_midline(larva: Connectome) -> None:
    table = larva.neurons.set_index(pd.Index(larva.neuron_ids))
    paired = table[table["pair_id"].isin(table.index)]
    assert len(paired) == 2 * 1235
    partner = table.loc[paired["pair_id"].astype(int)]
    assert (partner["pair_id"].to_numpy() == paired.index.to_numpy()).all()
    assert (partner["hemisphere"].to_numpy() != paired["hemisphere"].to_numpy()).all()


def test_second_read_is_cached(larva: Connectome, larva_archive: Path) -> None:
    assert read_larva_brain(str(larva_archive)) is larva


def test_corrupt_archive_is_refused(larva_archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.zip"
    shutil.copyfile(larva_archive, copy)
    with copy.open("r+b") as file:
        file.seek(1000)
        file.write(bytes(100))
    with pytest.raises(InputError, match=r"copy\.zip: sha256 is"):
        read_larva_brain(str(copy))
    with pytest.raises(InputError, match="not the archive of Winding"):
        read_larva_brain(str(copy), sha256=None)


def test_missing_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data\.archive=.*no such file"):
        read_larva_brain(str(tmp_path / "absent.zip"))


def test_foreign_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(InputError, match="not the archive of Winding"):
        read_larva_brain(str(path), sha256=None)


def miniature(folder: Path, columns: str = "3,1,2") -> Path:
    """An archive in the published format: three neurons, files in different orders."""
    matrix = f",{columns}\n1,0.0,0.0,2.0\n2,1.0,0.0,0.0\n3,0.0,4.0,0.0\n"
    empty = ",1,2,3\n1,0.0,0.0,0.0\n2,0.0,0.0,0.0\n3,0.0,0.0,0.0\n"
    files = {
        "all-all_connectivity_matrix.csv": matrix,
        "ad_connectivity_matrix.csv": ",1,2,3\n2,0.0,0.0,1.0\n3,4.0,0.0,0.0\n1,0.0,2.0,0.0\n",
        **{f"{name}_connectivity_matrix.csv": empty for name in ("aa", "da", "dd")},
        "annotations.csv": "left_id,right_id,celltype,additional_annotations,level_7_cluster\n"
        "2,1,KC,none,no cluster\nno pair,99,sensory,none,4\n",
        "inputs.csv": ",axon_input,dendrite_input\n3,1.0,5.0\n1,2.0,6.0\n2,3.0,7.0\n",
        "outputs.csv": ",axon_output,dendrite_output\n1,1.0,0.0\n2,2.0,0.0\n3,3.0,0.0\n",
        "celltype_axonio_ratio.csv": "skid,celltype,axonIO_ratio\n2,KC,0.5\n",
        "celltype_dendriteioratio.csv": "skid,celltype,dendritic_output-input_ratio\n1,KC,0.1\n",
    }
    path = folder / "miniature.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"Supplementary-Data-S1/{name}", content)
    return path


def test_miniature_archive_by_hand(tmp_path: Path) -> None:
    connectome = read_larva_brain(str(miniature(tmp_path)), sha256=None)
    edges = {
        (int(connectome.neuron_ids[i]), int(connectome.neuron_ids[j])): float(w)
        for (i, j), w in zip(connectome.edge_index.T.tolist(), connectome.synapses, strict=True)
    }
    assert edges == {(1, 2): 2.0, (2, 3): 1.0, (3, 1): 4.0}
    ad = connectome.edge_type_names.index("ad")
    assert torch.equal(connectome.edge_type_synapses[:, ad], connectome.synapses)
    table = connectome.neurons.set_index(pd.Index(connectome.neuron_ids))
    assert table["hemisphere"].tolist()[:2] == ["right", "left"]
    assert table["pair_id"].tolist()[:2] == [2, 1]
    assert table["cluster_level7"].isna().all()
    assert table["axon_input"].tolist() == [2.0, 3.0, 1.0]
    assert pd.isna(table.loc[3, "cell_type"])


def test_rows_and_columns_must_name_the_same_neurons(tmp_path: Path) -> None:
    archive = miniature(tmp_path, columns="3,1,7")
    with pytest.raises(InputError, match="rows and columns of all-all name different neurons"):
        read_larva_brain(str(archive), sha256=None)
