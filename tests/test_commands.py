"""Commands that work with trained models, run as a user runs them, on the embedded data."""

from pathlib import Path
from shutil import copytree, ignore_patterns

import networkx
import pandas as pd
import pytest

from connectome.cli.jobs.generate import generate
from connectome.cli.jobs.transfer import transfer
from connectome.data.readers.mushroom_body import read_mushroom_body
from connectome.data.readers.table import read_table
from connectome.errors import clear_errors
from connectome.runs import load_scorer
from connectome.scores import Embedding
from tests.programs import run_program

QUICK = ("trainer.max_epochs=2", "~callbacks.progress", "logger=none")


@pytest.fixture(scope="module")
def hemispheres(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of each side of the mushroom body, and one that cannot leave its neurons."""
    folder = tmp_path_factory.mktemp("hemispheres")
    shared = ("split.directed=true", "latent_dim=4", "name=mb", *QUICK)
    sides = ("-m", "model=inductive", "data.side=left,right")
    done = run_program("train.py", *sides, *shared, cwd=folder)
    assert done.returncode == 0, done.stderr
    done = run_program("train.py", "model=directed_factor", *shared, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "outputs" / "mb"


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generator")
    options = ("experiment=generate", "data.side=both", "latent_dim=2", *QUICK)
    done = run_program("train.py", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "outputs" / "generate_mushroom_body"


def command(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    done = run_program("-m", "connectome", *arguments, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> str:
    """The line with which a command that is given these words ends, in this process."""
    monkeypatch.setattr("sys.argv", ["connectome", *words])
    with pytest.raises(SystemExit) as ended, clear_errors():
        {"transfer": transfer, "generate": generate}[words[0]](words[1:])
    assert ended.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ")
    return last


def test_each_hemisphere_is_embedded_by_the_model_of_the_other(hemispheres: Path) -> None:
    code, said, warned = command("transfer", f"runs={hemispheres}", cwd=hemispheres)
    assert code == 0, warned
    assert "directed_factor has rows of its own for its neurons" in warned
    links = pd.read_csv(hemispheres / "transfer" / "links.csv")
    crossed = links[(links["method"] == "inductive") & (links["trained_on"] != "itself")]
    assert set(crossed["brain"]) == {"mushroom_body_left", "mushroom_body_right"}
    assert (crossed["auc"] > 0.85).all()
    assert len(list((hemispheres / "transfer").glob("*.html"))) == 2
    assert "Table: " in said


def test_a_brain_from_files_is_embedded_without_training(hemispheres: Path, tmp_path: Path) -> None:
    right = read_mushroom_body("right")
    ids = right.neuron_ids
    pre, post = right.edge_index.numpy()
    table = pd.DataFrame({"pre": ids[pre], "post": ids[post], "n": right.synapses})
    table.to_csv(tmp_path / "mine.csv", index=False)
    trained = (path for path in hemispheres.glob("inductive-*") if path.is_dir())
    run = next(path for path in trained if "side: left" in (path / "config.yaml").read_text())
    options = (f"runs={run}", "data=table", f"data.edges={tmp_path / 'mine.csv'}")
    more = (
        "data.synapses=n",
        "explorer=false",
        f"out={tmp_path / 'out'}",
        "+split.test_fraction=0.3",
    )
    code, _, warned = command("transfer", *options, *more, cwd=tmp_path)
    assert code == 0, warned
    assert "mine has no column 'cell_type'" in warned
    links = pd.read_csv(tmp_path / "out" / "links.csv")
    assert links.loc[links["brain"] == "mine", "links"].iloc[0] == int(0.3 * len(table))
    assert len(pd.read_parquet(next((tmp_path / "out").glob("mine_by_*.parquet")))) == 213


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("data=mushroom_body", "left_out=true"), "data=... and left_out=true: give one of them"),
        (("left_out=true",), "left nothing out; train with data.without="),
        (("match_starts=-1",), "match_starts=-1: must be from 0 to"),
        (("colour=red",), "colour: unknown option; --help prints them all"),
        (("match_start=4",), "match_start: unknown option (did you mean match_starts?); --help"),
        (("data.side=left",), "data.side: unknown option; choose data=NAME too"),
        (("split.seed=1",), "split.seed: unknown option; write +split.seed=VALUE"),
        (("+split.seed=1",), "+split.seed: runs are held against each other as they were split"),
        (("data=blockmodel", "+rename={x: KC}"), "+rename: 'x': no such type in the column"),
        (("out=summary.csv",), "out=summary.csv: is no folder; give out=FOLDER"),
        (("wandb=yes",), "wandb=yes: choose one of none, offline, online"),
        (("+home.archive=x",), "+home.archive: "),
        (("+nope=1",), "nope: unknown option"),
        (("out=",), "out='': is empty; set out=FOLDER"),
        (("data=null",), "data=null: choose one of banc"),
        (("data=5",), "data=5: choose one of banc"),
        (("data=table",), "data.edges: has no default; set data.edges=VALUE"),
        (("data=mushroom_body", "+data.nope=1"), "data.nope: unknown option"),
        (("data=blockmodel", "+split.nope=1"), "split.nope: unknown option"),
        (("data=blockmodel", "+split.seed=-1"), "split.seed=-1: must be between 0 and 2^63"),
        (("match_starts=100000000000000000000",), "must be from 0 to 1000000"),
        (("label_there=kind",), "label_there=kind: is of the brain in data; give data=NAME"),
        (("+rename={x: KC}",), "rename={'x': 'KC'}: is of the brain in data; give data=NAME"),
        (
            ("label=celltype",),
            "has no such column, only hemisphere",  # of the run that comes first
        ),
        (("data=mushroom_body", "data.side=both", "label_there=kind"), "label_there=kind: "),
    ],
)
def test_wrong_options_of_transfer(
    hemispheres: Path,
    arguments: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(hemispheres)
    said = refused(monkeypatch, capsys, "transfer", f"runs={hemispheres}", *arguments)
    assert message in said


def test_files_of_another_origin_are_not_overwritten(hemispheres: Path, tmp_path: Path) -> None:
    (tmp_path / "links.csv").write_text("mine")
    code, _, said = command(
        "transfer", f"runs={hemispheres}", f"out={tmp_path}", "match_starts=0", cwd=hemispheres
    )
    assert code == 2
    assert f"out={tmp_path}: holds links.csv, which is not from here" in said
    assert (tmp_path / "links.csv").read_text() == "mine"


@pytest.mark.parametrize("out", [(), ("out=results",)])
def test_the_same_question_may_be_spelt_otherwise(
    hemispheres: Path, tmp_path: Path, out: tuple[str, ...]
) -> None:
    for folder in (tmp_path / "runs", tmp_path / "runs" / ".." / "runs"):
        if not folder.exists():
            copytree(hemispheres, folder, ignore=ignore_patterns("transfer"))
        options = (f"runs={folder}", "match_starts=0", "explorer=false", *out)
        code, _, said = command("transfer", *options, cwd=tmp_path)
        assert code == 0, said


def test_other_questions_do_not_overwrite_the_answers(hemispheres: Path, tmp_path: Path) -> None:
    run = next(path for path in hemispheres.glob("inductive-*") if path.is_dir())
    side = "right" if "side: left" in (run / "config.yaml").read_text() else "left"
    target = ("data=mushroom_body", f"data.side={side}", "explorer=false", f"out={tmp_path}")
    code, _, said = command("transfer", f"runs={run}", *target, cwd=hemispheres)
    assert code == 0, said
    before = (tmp_path / "links.csv").read_text()
    changed = (*target, "+split.test_fraction=0.5")
    code, _, said = command("transfer", f"runs={run}", *changed, cwd=hemispheres)
    assert code == 2
    changed_to = "(split.test_fraction=unset, here 0.5); give out=FOLDER, or delete it"
    assert f"holds results of other options or data {changed_to}" in said
    assert (tmp_path / "links.csv").read_text() == before
    code, _, said = command("transfer", f"runs={run}", *target, cwd=hemispheres)  # the same again
    assert code == 0, said


def test_a_brain_that_was_trained_on_is_no_other_brain(hemispheres: Path) -> None:
    run = next(path for path in hemispheres.glob("inductive-*") if path.is_dir())
    side = "left" if "side: left" in (run / "config.yaml").read_text() else "right"
    target = ("data=mushroom_body", f"data.side={side}", f"out={hemispheres / 'none'}")
    code, _, said = command("transfer", f"runs={run}", *target, cwd=hemispheres)
    assert code == 2
    assert f"data: mushroom_body_{side} was trained on by {run.name}" in said


def test_a_single_brain_has_nowhere_to_go(hemispheres: Path) -> None:
    run = next(path for path in hemispheres.glob("inductive-*") if path.is_dir())
    code, _, said = command("transfer", f"runs={run}", cwd=hemispheres)
    assert code == 2
    assert (
        "no two runs are of different brains split alike, so there is none to go to; give data=..."
        in said
    )


def test_methods_without_inductive_models_are_named(generator: Path) -> None:
    code, _, said = command("transfer", f"runs={generator}", "data=mushroom_body", cwd=generator)
    assert code == 2
    assert "train one with model=inductive" in said


def test_what_was_left_out_of_a_collection_is_embedded(tmp_path: Path) -> None:
    for side in ("left", "right"):
        brain = read_mushroom_body(side)
        ids, (pre, post) = brain.neuron_ids, brain.edge_index.numpy()
        table = pd.DataFrame({"pre": ids[pre], "post": ids[post], "n": brain.synapses})
        table.to_csv(tmp_path / f"{side}.csv", index=False)
    members = "data.members=[left.csv,right.csv]"
    data = ("data=collection", members, "data.synapses=n", "data.without=right")
    options = ("model=inductive", "split.directed=true", "latent_dim=4", *data, *QUICK)
    done = run_program("train.py", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    more = ("left_out=true", "explorer=false")
    code, _, said = command("transfer", "runs=outputs/collection", *more, cwd=tmp_path)
    assert code == 0, said
    links = pd.read_csv(tmp_path / "outputs" / "collection" / "transfer" / "links.csv")
    assert set(links["brain"]) == {"collection_left", "collection_right"}
    moved = tmp_path / "moved"
    moved.mkdir()
    for side in ("left", "right"):
        (tmp_path / f"{side}.csv").rename(moved / f"{side}.csv")
    options = ("runs=outputs/collection", "out=again", *more)
    code, _, said = command("transfer", *options, cwd=tmp_path)
    assert code == 2
    assert "left.csv: no such file" in said
    assert "if its data have moved, say where they are: +home.KEY=VALUE" in said
    home = "+home.members=[moved/left.csv,moved/right.csv]"
    code, _, said = command("transfer", *options, home, cwd=tmp_path)
    assert code == 0, said
    assert pd.read_csv(tmp_path / "again" / "links.csv").equals(links)


def test_brains_are_drawn_compared_and_written(generator: Path) -> None:
    options = (
        "samples=2",
        "keep=2",
        "blocks=4",
        "source=[posterior,prior]",
        "format=[csv,graphml]",
    )
    code, said, warned = command("generate", f"runs={generator}", *options, cwd=generator)
    assert code == 0, warned
    assert "Of 9 statistics inside the spread of the two real hemispheres:" in said
    run = next(generator.glob("directed_gae-*"))
    table = pd.read_csv(run / "generated" / "statistics.csv")
    sources = ["posterior", "prior", "Erdős-Rényi", "configuration model", "DC-SBM, 4 blocks"]
    assert table["source"].drop_duplicates().tolist() == [*sources, "DC-SBM, 4 blocks, coupled"]
    written = sorted(path.name for path in (run / "generated").iterdir())
    assert {"posterior_000.csv", "posterior_001.graphml", "prior_001.csv", "laws.png"} <= set(
        written
    )
    graph = networkx.read_graphml(run / "generated" / "posterior_000.graphml")
    assert graph.number_of_nodes() == 422
    embedding = load_scorer(run / "embedding.npz")
    assert isinstance(embedding, Embedding)
    edges, neurons = run / "generated" / "prior_001.csv", run / "generated" / "neurons.csv"
    back = read_table(str(edges), str(neurons), synapses="synapses")
    assert back.num_neurons == 422
    assert {"cell_type", "member"} <= set(back.neurons.columns)
    links = pd.read_csv(run / "generated" / "posterior_000.csv")
    assert not ((links["pre"].str[0] == "L") & (links["post"].str[0] == "R")).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("source=[posterior,dreams]",), "source=dreams: choose among posterior, prior"),
        (("format=[]",), "format=[]: name at least one of parquet, csv, graphml"),
        (("format=xlsx",), "format=xlsx: choose among parquet, csv, graphml"),
        (("keep=-1",), "keep=-1: must be from 0 to"),
        (("samples=0",), "samples=0: must be from 1 to"),
        (("format=null",), "format=null: name at least one of parquet, csv, graphml"),
        (("format=[null]",), "format=None: choose among parquet, csv, graphml"),
        (("source=null",), "source=null: name at least one of posterior, prior"),
        (("source=5",), "source=5: name at least one of posterior, prior"),
        (("seed=-1",), "seed=-1: must be from 0 to 4294967295"),
        (("seed=4294967296",), "seed=4294967296: must be from 0 to 4294967295"),
        (("samples=100000000000000000000",), "must be from 1 to 1000000"),
        (("+nope=1",), "nope: unknown option"),
        (("out=",), "out='': is empty; set out=FOLDER"),
        (("samples=many",), "samples"),
        (("+home.side=left",), "made from another data set"),
        (("+home.archive=x",), "+home.archive: "),
    ],
)
def test_wrong_options_of_generate(
    generator: Path,
    arguments: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(generator)
    said = refused(monkeypatch, capsys, "generate", f"runs={generator}", *arguments)
    assert message in said


def test_counts_that_were_learned_are_not_drawn_otherwise(generator: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    copytree(next(generator.glob("directed_gae-*")), run, ignore=ignore_patterns("generated"))
    (run / "counts.npz").unlink()
    code, _, said = command("generate", f"runs={run}", cwd=tmp_path)
    assert code == 2
    assert "counts.npz: is missing; copy the run again, or repeat train.py" in said
    assert not (run / "generated").exists()


def test_undirected_runs_are_not_drawn_from(tmp_path: Path) -> None:
    done = run_program("train.py", "model=gae", "name=gae", *QUICK, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    code, _, said = command("generate", "runs=outputs/gae", cwd=tmp_path)
    assert code == 2
    assert "gae on undirected links; a connectome has a direction" in said


def test_what_needs_its_training_edges_is_exported_and_not_drawn_from(tmp_path: Path) -> None:
    model = ("model=directed_blend", "split.directed=true", "name=blend")
    done = run_program("train.py", *model, *QUICK, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    code, _, said = command("generate", "runs=outputs/blend", cwd=tmp_path)
    assert code == 2
    assert "directed_blend scores by its training edges too, which a new brain has not" in said
    code, _, said = command("export", "runs=outputs/blend", "out=new", "format=csv", cwd=tmp_path)
    assert code == 0, said
    assert len(list((tmp_path / "new").rglob("*.csv"))) == 1


def test_runs_have_no_default(tmp_path: Path) -> None:
    for name in ("transfer", "generate"):
        code, _, said = command(name, cwd=tmp_path)
        assert code == 2
        assert "error: runs: has no default; set runs=FOLDER" in said


def test_help_lists_the_options(tmp_path: Path) -> None:
    for name, option in (("transfer", "match_starts: 1"), ("generate", "samples: 20")):
        code, said, _ = command(name, "--help", cwd=tmp_path)
        assert code == 0
        assert option in said
