"""Releases in miniature: files as they are published, with a handful of rows."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from connectome.config import build, load_config
from connectome.data.neurons import cell_types, hemispheres
from connectome.types import Connectome, InputError
from tests.conftest import data_file

A, B, C, D = (720575940600000000 + k for k in (1, 2, 3, 5))  # A and B are the same double


def write(folder: Path, **tables: pd.DataFrame) -> None:
    for name, frame in tables.items():
        path = folder / name
        if path.suffix == ".feather":
            frame.to_feather(path)
        else:
            frame.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")


def read(data: str, root: Path, *overrides: str) -> Connectome:
    chosen = [f"data={data}", f"data.root={root}", *overrides]
    connectome: Connectome = build(load_config([*chosen, "run_dir=/nowhere", "name=test"]).data)
    return connectome


def edges_of(connectome: Connectome) -> dict[tuple[Any, Any], float]:
    ids = connectome.neuron_ids[connectome.edge_index.numpy()]
    return dict(zip(zip(*ids.tolist(), strict=True), connectome.synapses.tolist(), strict=True))


def codex(folder: Path) -> None:
    nothing = [None] * 4
    write(
        folder,
        **{
            "connections_princeton.csv.gz": pd.DataFrame(
                {
                    "pre_root_id": [A, A, A, B, C, A, 999],
                    "post_root_id": [B, B, C, A, A, D, A],
                    "neuropil": ["ME_R", "LO_R", "ME_R", "ME_R", None, "LO_R", "ME_R"],
                    "syn_count": [3, 2, 4, 9, 5, 7, 50],
                    "nt_type": ["ACH", "ACH", "ACH", "GABA", None, "ACH", "ACH"],
                }
            ),
            "neurons.csv.gz": pd.DataFrame(
                {"root_id": [C, A, B, D], "group": nothing, "nt_type": ["", "ACH", "GABA", "ACH"]}
            ),
            "classification.csv.gz": pd.DataFrame(
                {
                    "root_id": [A, B, D, C],
                    "flow": "intrinsic",
                    "super_class": ["optic", "optic", "central", "central"],
                    "class": nothing,
                    "sub_class": nothing,
                    "hemilineage": nothing,
                    "side": ["left", "right", "center", "right"],
                    "nerve": nothing,
                }
            ),
            "consolidated_cell_types.csv.gz": pd.DataFrame(
                {"root_id": [B, A], "primary_type": ["Mi1", "Mi1"], "additional_type(s)": ["", "x"]}
            ),
        },
    )


def test_codex_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    codex(tmp_path)
    with caplog.at_level(logging.WARNING):
        brain = read("flywire", tmp_path)
    assert (
        "1 of 7 rows (50 of 80 synapses) left out: a neuron is not listed; "
        "1 of 5 pairs (4 of 30 synapses) left out: fewer than data.min_synapses=5"
    ) in caplog.text
    assert brain.neuron_ids.tolist() == [C, A, B, D]
    # A -> B has 3 + 2 synapses in two neuropils; A -> C has too few.
    assert edges_of(brain) == {(A, B): 5, (A, D): 7, (B, A): 9, (C, A): 5}
    assert hemispheres(brain).tolist() == [1, 0, 1, -1]
    assert cell_types(brain)[0].tolist() == [-1, 0, 0, -1]
    assert brain.neurons["nt_type"].isna().tolist() == [True, False, False, False]
    assert brain.name == "flywire"
    assert "10.1038/s41586-024-07558-y" in brain.citation


def test_one_side_and_another_threshold(tmp_path: Path) -> None:
    codex(tmp_path)
    brain = read("flywire", tmp_path, "data.keep.hemisphere=[left,right]", "data.min_synapses=1")
    assert edges_of(brain) == {(A, B): 5, (A, C): 4, (B, A): 9, (C, A): 5}
    with pytest.raises(InputError, match=r"keep\.hemisphere=\[l\] fits no neuron.*right, left"):
        read("flywire", tmp_path, "data.keep.hemisphere=[l]")


def test_published_annotations_and_the_table_of_zenodo(tmp_path: Path) -> None:
    annotations = pd.DataFrame(
        {
            "supervoxel_id": [7, 8, 9],
            "root_id": [A, B, C],
            "flow": "intrinsic",
            "super_class": "central",
            "cell_class": ["ALPN", None, "ALPN"],
            "cell_sub_class": None,
            "cell_type": ["DA1_lPN", None, "DA1_lPN"],
            "hemibrain_type": ["DA1_lPN", "x", None],
            "ito_lee_hemilineage": "ALl1_dorsal",
            "top_nt": "acetylcholine",
            "side": ["left", "right", "right"],
        }
    )
    edges = pd.DataFrame(
        {
            "pre_pt_root_id": [A, A, B],
            "post_pt_root_id": [C, C, A],
            "neuropil": ["AL_L", "LH_L", "AL_L"],
            "syn_count": [4, 4, 6],
        }
    )
    write(
        tmp_path,
        **{
            "Supplemental_file1_neuron_annotations.tsv": annotations,
            "proofread_connections_783.feather": edges,
        },
    )
    brain = read(
        "flywire_annotated",
        tmp_path,
        "data.edges.file=proofread_connections_783.feather",
        "data.edges.pre=pre_pt_root_id",
        "data.edges.post=post_pt_root_id",
    )
    assert edges_of(brain) == {(A, C): 8, (B, A): 6}
    assert hemispheres(brain).tolist() == [0, 1, 1]
    assert set(brain.neurons) >= {"cell_type", "hemilineage", "nt_type", "hemibrain_type"}


def test_hemibrain(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "traced-neurons.csv": pd.DataFrame(
                {
                    "bodyId": [200, 100, 300],
                    "type": ["PN", None, "KC"],
                    "instance": ["PN_R", "", ""],
                }
            ),
            "traced-total-connections.csv": pd.DataFrame(
                {"bodyId_pre": [100, 200], "bodyId_post": [200, 300], "weight": [3, 1]}
            ),
        },
    )
    brain = read("hemibrain", tmp_path)
    assert edges_of(brain) == {(100, 200): 3, (200, 300): 1}
    assert brain.neurons["cell_type"].isna().tolist() == [False, True, False]


def test_manc(tmp_path: Path) -> None:
    ids = [10, 11, 12]
    write(
        tmp_path,
        **{
            "traced-connections.csv": pd.DataFrame(
                {"bodyId_pre": [10, 11], "bodyId_post": [11, 12], "weight": [2, 4]}
            ),
            "traced-neurons.csv": pd.DataFrame(
                {"bodyId": ids, "type": ["MN", "MN", None], "instance": ["MN_L", "MN_R", None]}
            ),
            "manc-v1.0-neuron-properties.feather": pd.DataFrame(
                {
                    "bodyId": [12, 11, 10, 99],
                    "class": ["intrinsic neuron", "motor neuron", "motor neuron", None],
                    "hemilineage": ["19A", "", None, None],
                    "somaSide": ["Midline", "RHS", "LHS", None],
                    "somaNeuromere": ["T1", "T2", "T2", None],
                    "predictedNt": ["gaba", "glutamate", "glutamate", None],
                }
            ),
        },
    )
    cord = read("manc", tmp_path)
    assert cord.neuron_ids.tolist() == ids
    assert hemispheres(cord).tolist() == [0, 1, -1]
    assert cord.neurons["hemilineage"].isna().tolist() == [True, True, False]


def male_cns(folder: Path) -> None:
    write(
        folder,
        **{
            "connectome-weights-male-cns-v1.0-minconf-0.5.feather": pd.DataFrame(
                {"body_pre": [1, 1, 7, 2], "body_post": [2, 7, 1, 1], "weight": [3, 9, 9, 1]}
            ),
            "body-annotations-male-cns-v1.0-minconf-0.5.feather": pd.DataFrame(
                {
                    "bodyId": [1, 7, 2],
                    "status": ["Traced", "Orphan", "Traced"],
                    "type": ["DNa02", None, "DNa02"],
                    "superclass": "descending_neuron",
                    "class": None,
                    "itoleeHl": None,
                    "trumanHl": None,
                    "somaSide": ["L", "R", "R"],
                }
            ),
            "body-neurotransmitters-male-cns-v1.0.feather": pd.DataFrame(
                {"body": [2, 1, 55], "consensus_nt": ["acetylcholine", "unclear", "gaba"]}
            ),
        },
    )


def test_male_cns_keeps_traced_bodies(tmp_path: Path) -> None:
    male_cns(tmp_path)
    cns = read("male_cns", tmp_path)
    assert edges_of(cns) == {(1, 2): 3, (2, 1): 1}
    assert cns.neurons["nt_type"].tolist() == ["unclear", "acetylcholine"]
    assert hemispheres(cns).tolist() == [0, 1]


def test_two_files_fit_a_pattern(tmp_path: Path) -> None:
    male_cns(tmp_path)
    (tmp_path / "connectome-weights-male-cns-v1.0-minconf-0.5-significant-only.feather").touch()
    with pytest.raises(InputError, match=r"fits connectome.* leave one or give its whole name"):
        read("male_cns", tmp_path)


@pytest.mark.parametrize("suffix", ["csv", "feather"])
def test_microns_counts_synapses(tmp_path: Path, suffix: str) -> None:
    synapses = pd.DataFrame(
        {
            "id": range(6),
            "pre_pt_root_id": [A, A, 0, B, C, A],
            "post_pt_root_id": [B, B, A, A, A, 0],
        }
    )
    cells = pd.DataFrame(
        {"pt_root_id": [A, 0, B, C, C], "cell_type": ["23P", "BC", "4P", "x", "y"]}
    )
    write(
        tmp_path,
        **{f"synapses_pni_2.{suffix}": synapses, "aibs_metamodel_celltypes_v661.csv": cells},
    )
    cortex = read("microns", tmp_path, f"data.edges.file=synapses_pni_2.{suffix}")
    assert edges_of(cortex) == {(A, B): 2, (B, A): 1}
    assert cortex.neurons["cell_type"].tolist() == ["23P", "4P"]


def test_fanc_as_its_cave_exports_it(tmp_path: Path) -> None:
    synapses = pd.DataFrame(
        {
            "id": range(12),
            "valid": "t",
            "score": 23,
            "pre_pt_root_id": [A] * 5 + [A] * 3 + [B] * 3 + [0],
            "post_pt_root_id": [B] * 5 + [C] * 3 + [D] * 3 + [A],
            "pre_pt_position": "[ 15711 104803   3127]",
        }
    )
    shared = {"id": 1, "created": "2022-06-24", "valid": "t"}
    organ = pd.DataFrame({"pt_root_id": [A], "cell_type": ["club"], "classification_system": "T1L"})
    after = pd.DataFrame(
        {
            "pt_root_id": [B, B, D],
            "cell_type": ["12B", "12B", "fragment"],
            "classification_system": ["T1L, local", "T1L, intersegmental", "fragment"],
        }
    )
    write(
        tmp_path,
        **{
            "feco_annotation_table.csv": organ.assign(**shared),
            "downstream_feco_annotation_table.csv": after.assign(**shared),
        },
    )
    with pytest.raises(InputError, match=r"feco_downstream_connections\.csv: no such file; get it"):
        read("fanc", tmp_path)
    synapses.to_csv(tmp_path / "feco_downstream_connections.csv")  # with the index of pandas
    fly = read("fanc", tmp_path, "data.min_synapses=3")
    assert edges_of(fly) == {(A, B): 5, (A, C): 3, (B, D): 3}
    types = dict(zip(fly.neuron_ids.tolist(), fly.neurons["cell_type"], strict=True))
    assert {k: v for k, v in types.items() if not pd.isna(v)} == {
        A: "club",
        B: "12B",
        D: "fragment",
    }
    told = fly.receipt
    assert told is not None
    assert told.each_row == "1 synapse; pairs of 3 and more are kept"
    assert "1 neuron with several values of 'classification_system', left empty" in told.notes
    assert [Path(one).name for one in told.source][:2] == [
        "feco_downstream_connections.csv",
        "downstream_feco_annotation_table.csv",
    ]
    assert "10.1038/s41586-024-07389-x" in fly.citation
    four = read("fanc", tmp_path)
    assert edges_of(four) == {(A, B): 5}
    assert "pairs of 4 and more are kept" in str(four.receipt)
    assert read("fanc", tmp_path, "data.drop.cell_type=[fragment]").num_neurons == 2


def test_a_missing_file_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"traced-total-connections\.csv: no such file; get it from"
    ):
        read("hemibrain", tmp_path)


def test_connections_of_another_name_are_offered(tmp_path: Path) -> None:
    codex(tmp_path)
    table = next(tmp_path.glob("connections*"))
    table.rename(tmp_path / "connections_buhmann.csv.gz")
    with pytest.raises(InputError, match=r"there: data\.edges\.file=connections_buhmann\.csv"):
        read("flywire", tmp_path)


def test_files_of_other_versions_are_refused(tmp_path: Path) -> None:
    codex(tmp_path)
    path = tmp_path / "classification.csv.gz"
    classes = pd.read_csv(path, dtype=str)
    classes.rename(columns={"side": "hemi"}).to_csv(path, index=False)
    with pytest.raises(InputError, match="no column 'side', only root_id, flow"):
        read("flywire", tmp_path)
    classes.to_csv(path, index=False)
    others = pd.DataFrame({"pre_root_id": [1], "post_root_id": [2], "syn_count": [9]})
    write(tmp_path, **{"connections_princeton.csv.gz": others})
    with pytest.raises(InputError, match="no row connects two of the 4 neurons"):
        read("flywire", tmp_path)


def test_a_mistyped_option_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"data\.edges has no option 'presynaptic'; use file, header, post"
    ):
        read("hemibrain", tmp_path, "+data.edges.presynaptic=x")


def test_codex_files_that_are_missing_are_said(tmp_path: Path) -> None:
    codex(tmp_path)
    (tmp_path / "neurons.csv.gz").unlink()
    (tmp_path / "connections_princeton.csv.gz").rename(tmp_path / "connections.csv.gz")
    brain = read("flywire", tmp_path)
    assert edges_of(brain) == {(A, B): 5, (A, D): 7, (B, A): 9, (C, A): 5}
    assert brain.neuron_ids.tolist() == [A, B, D, C]  # as the classification lists them
    assert "nt_type" not in brain.neurons
    told = brain.receipt
    assert told is not None
    assert [Path(one).name for one in told.source][:2] == [
        "connections.csv.gz",
        "classification.csv.gz",
    ]
    assert "neurons.csv.gz is not there, and with it nt_type" in told.notes
    assert told.each_row == "the synapses in its 'syn_count'; pairs of 5 and more are kept"
    (tmp_path / "consolidated_cell_types.csv.gz").unlink()
    assert "cell_type" not in read("flywire", tmp_path).neurons
    (tmp_path / "classification.csv.gz").rename(tmp_path / "elsewhere.csv.gz")
    with pytest.raises(InputError, match=r"no file lists the neurons; get neurons.csv.gz or class"):
        read("flywire", tmp_path)
    (tmp_path / "elsewhere.csv.gz").rename(tmp_path / "neurons.csv.gz")
    (tmp_path / "connections.csv.gz").unlink()
    with pytest.raises(InputError, match=r"no such file \(or connections.csv.gz or "):
        read("flywire", tmp_path)


def test_connections_of_codex_without_a_header(tmp_path: Path) -> None:
    codex(tmp_path)
    path = tmp_path / "connections_princeton.csv.gz"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.to_csv(tmp_path / "connections_princeton_no_threshold.csv.gz", index=False, header=False)
    path.unlink()
    brain = read("flywire", tmp_path)
    assert edges_of(brain) == {(A, B): 5, (A, D): 7, (B, A): 9, (C, A): 5}  # the first row too
    assert brain.receipt is not None
    assert (
        "no header: columns are pre_root_id, post_root_id, neuropil, syn_count, nt_type"
        in (brain.receipt.notes[0])
    )
    assert "pairs of 5 and more are kept" in brain.receipt.each_row
    short = table.drop(columns="neuropil")
    short.to_csv(tmp_path / "connections_princeton_no_threshold.csv.gz", index=False, header=False)
    with pytest.raises(InputError, match=r"has no header and 4 columns, not the 5 of data\.edges"):
        read("flywire", tmp_path)


def test_types_alone_do_not_list_the_neurons(tmp_path: Path) -> None:
    codex(tmp_path)
    for name in ("neurons.csv.gz", "classification.csv.gz"):
        (tmp_path / name).unlink()
    with pytest.raises(InputError, match="no file lists the neurons"):  # C and D have no type
        read("flywire", tmp_path)


def test_codex_tables_as_they_are(tmp_path: Path, formats: Path) -> None:
    """The neurons and classification of v783; connections, which are not there, are made."""
    for name in ("neurons", "classification"):
        (tmp_path / f"{name}.csv.gz").symlink_to(formats / f"codex_v783_{name}.csv.gz")
    t4, t5, ach = 720575940599457990, 720575940599763910, 720575940596125868
    rows = {"pre_root_id": [t4, t4, t5], "post_root_id": [t5, t5, ach], "syn_count": [3, 2, 9]}
    pd.DataFrame(rows).to_csv(tmp_path / "connections_princeton.csv.gz", index=False)
    brain = read("flywire", tmp_path)
    assert brain.num_neurons == 139_255
    assert edges_of(brain) == {(t4, t5): 5, (t5, ach): 9}
    row = brain.neurons.iloc[brain.neuron_ids.tolist().index(t4)]
    assert (row["super_class"], row["hemisphere"]) == ("optic", "right")
    assert brain.neurons["nt_type"].iloc[brain.neuron_ids.tolist().index(ach)] == "ACH"


@pytest.fixture
def formats() -> Path:
    return data_file("formats")


def test_a_real_table_in_the_form_of_sjcabs(formats: Path) -> None:
    brain = read("sjcabs", formats, "data.name=celegans")
    assert (brain.num_neurons, brain.name) == (300, "celegans")
    assert edges_of(brain)["I1R", "I2R"] == 6
    assert brain.neurons["top_nt"].iloc[brain.neuron_ids.tolist().index("ADAL")] == "glutamate"


def sjcabs(folder: Path, name: str, end: str = "simple_edgelist") -> None:
    edges = {"pre": [A, A, B], "post": [B, C, 999], "count": [4, 1, 7], "norm": 0.5}
    meta = {f"{name}_id": [A, B, C], "cell_type": ["T4", None, "auto:T5"], "side": "left"}
    write(
        folder,
        **{
            f"{name}_{end}.feather": pd.DataFrame(edges | {"total_input": 9}),
            f"{name}_meta.feather": pd.DataFrame(meta | {"super_class": ["a", "a", "glia"]}),
        },
    )


@pytest.mark.parametrize("name", ["fafb_783", "hemibrain_121"])
@pytest.mark.parametrize("end", ["simple_edgelist", "edgelist_simple"])
def test_brains_of_one_form(tmp_path: Path, name: str, end: str) -> None:
    sjcabs(tmp_path, name, end)
    brain = read("sjcabs", tmp_path, f"data.name={name}", "data.min_synapses=2")
    assert edges_of(brain) == {(A, B): 4}
    assert brain.neurons["hemisphere"].tolist() == ["left"] * 3
    assert brain.receipt is not None
    assert brain.receipt.each_row.endswith("pairs of 2 and more are kept")


def test_predicted_types_are_kept_apart(tmp_path: Path) -> None:
    ids = [str(A), str(B), str(C)]
    meta = {"banc_888_id": ids, "cell_type": ["T4", None, "auto:T5"], "super_class": "optic"}
    write(
        tmp_path,
        **{
            "banc_888_meta.feather": pd.DataFrame(
                meta | {"side": "right", "proofread": ["TRUE", "TRUE", "FALSE"]}
            ),
            "banc_888_edgelist_simple_v2.feather": pd.DataFrame(
                {"pre": ids[:2], "post": ids[1:], "count": [3, 4], "norm": 0.1}
            ),
        },
    )
    brain = read("banc", tmp_path)
    assert [None if pd.isna(v) else v for v in brain.neurons["cell_type"]] == ["T4", None, None]
    apart = brain.neurons["cell_type_predicted"]
    assert [None if pd.isna(v) else v for v in apart] == [None, None, "T5"]
    assert brain.receipt is not None
    told = "1 values of 'cell_type' begin with 'auto:', and are in 'cell_type_predicted'"
    assert told in brain.receipt.notes
    some = read("banc", tmp_path, "data.keep.proofread=['TRUE']")
    assert some.num_neurons == 2


def test_types_in_other_brains_and_bodies_that_are_not_traced(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "connectome-weights-male-cns-v1.0-minconf-0.5-traced-only.feather": pd.DataFrame(
                {"body_pre": [1], "body_post": [2], "weight": [5], "type_pre": "a", "type_post": ""}
            ),
            "connectome-weights-male-cns-v1.0-minconf-0.5.feather": pd.DataFrame(
                {"body_pre": [1, 2], "body_post": [2, 3], "weight": [5, 8]}
            ),
            "body-annotations-male-cns-v1.0-minconf-0.5.feather": pd.DataFrame(
                {
                    "bodyId": [1, 2, 3, 4],
                    "status": ["Traced", "Traced", "Anchor", "Orphan"],
                    "type": ["LC4", None, None, None],
                    "superclass": ["ol_intrinsic", "ol_intrinsic", "tbc", None],
                    "class": None,
                    "somaSide": ["L", "R", None, None],
                    "itoleeHl": None,
                    "trumanHl": None,
                    "flywireType": ["LC4", "R1-6", None, None],
                    "hemibrainType": None,
                    "mancType": None,
                    "dimorphism": ["male-specific", None, None, None],
                }
            ),
        },
    )
    brain = read("male_cns", tmp_path)
    assert edges_of(brain) == {(1, 2): 5}  # of the smaller file, since it is there
    assert brain.neurons["flywire_type"].tolist() == ["LC4", "R1-6"]
    assert brain.neurons["dimorphism"].tolist()[0] == "male-specific"
    assert "10.1016/j.cell.2026.08.015" in brain.citation
    whole = "data.edges.file=connectome-weights-male-cns-v1.0-minconf-0.5.feather"
    every = ("data.keep.status=null", "data.keep.super_class=['*']")
    assert edges_of(read("male_cns", tmp_path, whole, *every)) == {(1, 2): 5, (2, 3): 8}
