"""A run or a checkpoint from elsewhere is data: nothing that it names is run, read or written."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import torch
import yaml

from connectome.analysis.questions import clear
from connectome.analysis.questions.settings import RECORD
from connectome.cli.jobs.evaluate import evaluate
from connectome.cli.jobs.export import export_all, read_words
from connectome.cli.jobs.generate import generate
from connectome.cli.jobs.train import train
from connectome.cli.jobs.transfer import transfer
from connectome.cli.shared.results import ASKED, claim
from connectome.config import build, config_folder, load_config
from connectome.runs import (
    BEST,
    CONFIG,
    KEY,
    check_trust,
    load_data_config,
    save_json,
    save_text,
    stored_data,
)
from connectome.runs.stored_config import TARGETS, load_config_file
from connectome.training.loop import restore
from connectome.training.loop.callbacks import MovableCheckpoint
from connectome.types import InputError
from tests import sentinel

Config = dict[str, Any]
Edit = Callable[[Config], None]
OURS = "tests.sentinel.call"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a spectral method, and one that can embed another brain."""
    folder = tmp_path_factory.mktemp("made")
    shared = ("split.directed=true", "logger=none", "callbacks.progress=null", "trainer=smoke")
    for model in ("spectral", "inductive"):
        words = (f"run_dir={folder / model}", "name=made", f"model={model}", *shared)
        train(load_config(words))
    return folder


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Iterator[Path]:
    """Copies that may be spoilt; whatever is done to them, nothing they name may be called."""
    yield copytree(made, tmp_path / "runs")
    assert sentinel.called == []


def spoil(run: Path, edit: Edit) -> None:
    """Change the configuration in the checkpoint and in the folder."""
    checkpoint = torch.load(run / BEST, weights_only=True)
    edit(checkpoint[KEY]["config"])
    torch.save(checkpoint, run / BEST)
    save_text(run / CONFIG, yaml.safe_dump(checkpoint[KEY]["config"], allow_unicode=True))


def put(value: Any, *path: str) -> Edit:
    def edit(config: Config) -> None:
        for key in path[:-1]:
            config = config[key]
        config[path[-1]] = value

    return edit


def node(target: Any = OURS, **options: Any) -> Config:
    return {"_target_": target, **options}


FOREIGN: dict[str, tuple[Edit, str]] = {
    "print": (put(node("builtins.print"), "data"), "data._target_=builtins.print"),
    "getcwd": (put("os.getcwd", "data", "_target_"), "data._target_=os.getcwd"),
    "dictionary": (put(node("collections.OrderedDict"), "data"), "collections.OrderedDict"),
    "in an option": (put(node(), "data", "side"), f"data.side._target_={OURS}"),
    "in a list": (put([[1, node()]], "data", "side"), f"data.side.0.1._target_={OURS}"),
    "ours, but none to build": (
        put("connectome.runs.artifacts.save_text", "data", "_target_"),
        "data._target_=connectome.runs.artifacts.save_text",
    ),
    "through a module of ours": (
        put("connectome.runs.artifacts.os.getcwd", "data", "_target_"),
        "connectome.runs.artifacts.os.getcwd",
    ),
    "in another place": (
        put("connectome.training.modules.spectral.SpectralModule", "data", "_target_"),
        "data._target_=connectome.training.modules.spectral.SpectralModule",
    ),
    "of a list": (put([OURS], "data", "_target_"), "is no name of a class"),
    "of a number": (put(7, "data", "_target_"), "data._target_=7: is no name of a class"),
    "of nothing": (put(None, "data", "_target_"), "data._target_=None: is no name of a class"),
    "with spaces": (put(f" {OURS}", "data", "_target_"), f"data._target_= {OURS}"),
    "arguments": (put(["left"], "data", "_args_"), "data._args_: not allowed"),
    "lazy": (put(True, "data", "_partial_"), "data._partial_: not allowed"),
    "not recursive": (put(False, "data", "_recursive_"), "data._recursive_: not allowed"),
    "conversion": (put("all", "data", "_convert_"), "data._convert_: not allowed"),
    "odd key": (put(OURS, "data", " _target_"), "data. _target_: not allowed"),
    "odd case": (put(OURS, "data", "_TARGET_"), "data._TARGET_: not allowed"),
    "number as key": (put({7: "x"}, "data", "side"), "'7' is no name of an option"),
    "environment": (put("${oc.env:HOME}", "data", "side"), "data.side=${oc.env:HOME}: stored"),
    "inside text": (put("a${now:%Y}b", "data", "side"), "stored values are not resolved"),
    "reference as key": (put({"${seed}": 1}, "data", "side"), "is no name of an option"),
    "missing value": (put("???", "data", "side"), "stored values are not resolved"),
}


@pytest.mark.parametrize("edit", FOREIGN)
def test_what_a_configuration_names_is_not_run(runs: Path, edit: str) -> None:
    run = runs / "spectral"
    spoil(run, FOREIGN[edit][0])
    for read, path in ((load_data_config, run / CONFIG), (None, run / BEST)):
        with pytest.raises(InputError) as found:
            read(run) if read else restore(path, build)
        message = str(found.value)
        assert message.startswith(f"{path}: ")
        assert FOREIGN[edit][1] in message


@pytest.mark.parametrize(
    "path",
    [
        ("model",),
        ("split",),
        ("datamodule",),
        ("trainer",),
        ("datamodule", "split"),
        ("datamodule", "batch"),
        ("datamodule", "connectome"),
        ("datamodule", "features"),
        ("model", "variant"),
    ],
    ids=".".join,
)
def test_every_part_is_checked_before_any_is_built(runs: Path, path: tuple[str, ...]) -> None:
    run = runs / "spectral"
    spoil(run, put(node(), *path))
    with pytest.raises(
        InputError, match=rf"best\.ckpt: {'.'.join(path)}\._target_={OURS}: not run"
    ):
        restore(run / BEST, build)


def test_containers_without_end_are_refused(runs: Path) -> None:
    run = runs / "spectral"
    endless: list[Any] = []
    endless.append(endless)
    checkpoint = torch.load(run / BEST, weights_only=True)
    checkpoint[KEY]["config"]["data"]["side"] = endless
    torch.save(checkpoint, run / BEST)
    with pytest.raises(InputError, match="nested without end"):
        restore(run / BEST, build)


def evaluated(runs: Path, *more: str) -> None:
    evaluate(load_config([f"runs={runs}", f"out={runs / 'checked'}", *more], "evaluate"))


COMMANDS: dict[str, tuple[str, Callable[..., None]]] = {
    "evaluate": ("spectral", evaluated),
    "report": (
        "spectral",
        lambda runs, *more: evaluated(runs, "report=true", "look.questions=[maps]", *more),
    ),
    "export": (
        "spectral",
        lambda runs, *more: export_all(*read_words([f"runs={runs}", *more])),
    ),
    "transfer": ("inductive", lambda runs, *more: transfer([f"runs={runs}", *more])),
    "generate": (
        "spectral",
        lambda runs, *more: generate([f"runs={runs / 'spectral'}", *more]),
    ),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_a_foreign_target_and_its_file(
    runs: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model, run_command = COMMANDS[command]
    spoil(runs / model, put(OURS, "data", "_target_"))
    with pytest.raises(InputError) as found:
        run_command(runs)
    said = capsys.readouterr().err + str(found.value)
    assert f"{runs / model}" in said
    assert f"data._target_={OURS}: not run" in said
    assert "add trust=tests.sentinel if that code is your own" in said


def test_files_that_hydra_leaves_are_not_read(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = runs / "spectral"
    for name in (".hydra/config.yaml", ".hydra/hydra.yaml", "multirun.yaml", "hydra.yaml"):
        save_text(run / name, f"data: {{_target_: {OURS}}}\nhydra: ${{oc.env:HOME}}\n")
    export_all(*read_words([f"runs={run}"]))
    assert capsys.readouterr().out.strip().endswith("spectral.parquet")


def test_a_class_of_ones_own_needs_trust(runs: Path) -> None:
    run = runs / "spectral"
    own = "tests.sentinel.OwnModule"
    spoil(run, put(own, "model", "_target_"))
    with pytest.raises(InputError, match=rf"model\._target_={own}: not run"):
        restore(run / BEST, build)
    for trust in (("tests.sentinel",), ("tests",)):
        assert isinstance(restore(run / BEST, build, trust=trust).module, sentinel.OwnModule)
    for trust in (("tests.sent",), ("sentinel",), ("os",), (own,)):
        with pytest.raises(InputError, match="not run"):
            restore(run / BEST, build, trust=trust)
    evaluated(run, "trust=tests.sentinel")


@pytest.mark.parametrize("target", ["tests.sentinel.os.getcwd", "tests.sentinel.os.path.join"])
def test_trust_ends_where_the_module_ends(runs: Path, target: str) -> None:
    run = runs / "spectral"
    spoil(run, put(target, "data", "_target_"))
    with pytest.raises(InputError, match=rf"data\._target_={target}: not run"):
        restore(run / BEST, build, trust=("tests.sentinel",))


def test_a_trusted_name_that_is_nowhere_is_named(runs: Path) -> None:
    spoil(runs / "spectral", put("tests.sentinel.Gone", "model", "_target_"))
    with pytest.raises(InputError, match=r"best\.ckpt: tests\.sentinel\.Gone: cannot be imported"):
        restore(runs / "spectral" / BEST, build, trust=("tests.sentinel",))


@pytest.mark.parametrize("given", ["", "a b", "../x", "os;x", ["a", 1], "a,,b"])
def test_trust_names_modules(given: Any) -> None:
    if given == "":
        given = [""]
    with pytest.raises(InputError, match="give the name of a module"):
        check_trust(given)


def test_trust_in_one_word_or_several() -> None:
    assert check_trust(None) == ()
    assert check_trust("mine,yours.models") == ("mine", "yours.models")
    assert check_trust(["mine"]) == ("mine",)
    with pytest.raises(InputError, match="trust=5: give the name of a module"):
        check_trust(5)  # type: ignore[arg-type]


def test_pickles_are_read_from_a_folder_of_ones_own_only() -> None:
    config = {
        "data": {
            "_target_": "connectome.data.readers.planetoid.read_planetoid",
            "root": "/elsewhere",
        }
    }
    with pytest.raises(InputError, match=r"x\.ckpt: .*reads pickles.*add \+data\.root=FOLDER"):
        stored_data(config, {}, Path("x.ckpt"))
    assert stored_data(config, {"root": "here"}, Path("x.ckpt"))["root"] == "here"


def test_the_list_is_what_the_configuration_files_name() -> None:
    named: dict[str, set[str]] = {part: set() for part in TARGETS}
    for part in ("data", "model", "batch", "trainer"):
        for path in (config_folder() / part).glob("*.yaml"):
            target = (yaml.safe_load(path.read_text()) or {}).get("_target_")
            named[part] |= {target} - {None}
    for model in ("directed_gae", "directed_blend"):
        options = yaml.safe_load((config_folder() / "model" / f"{model}.yaml").read_text())
        groups = {key: value for key, value in options.items() if isinstance(value, dict)}
        named |= {group: {settings["_target_"]} for group, settings in groups.items()}
    for group in ("optimizer", "scheduler"):
        files = (config_folder() / group).glob("*.yaml")
        named[group] = {yaml.safe_load(path.read_text())["_target_"] for path in files}
    top = yaml.safe_load((config_folder() / "train.yaml").read_text())
    for part in ("split", "datamodule"):
        named[part] = {top[part]["_target_"]}
    assert named == {part: set(targets) for part, targets in TARGETS.items()}


BAD_YAML = {
    "code": "data: !!python/object/apply:tests.sentinel.call [1]\n",
    "name": "data: !!python/name:tests.sentinel.call\n",
    "references": (
        "a: &a [x, x]\nb: [*a, *a]\ndata: {_target_: connectome.data.readers.table.read_table}\n"
    ),
    "huge number": f"seed: {'9' * 5000}\n",
    "list": "[1, 2]\n",
    "deep": "[" * 3000,
    "bytes": "\x00",
}


@pytest.mark.parametrize("text", BAD_YAML.values(), ids=BAD_YAML.keys())
def test_yaml_is_plain_values_or_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / CONFIG).write_text(text)
    with pytest.raises(InputError, match=rf"{CONFIG}: .*; delete it and repeat train\.py"):
        load_config_file(tmp_path / CONFIG)
    assert sentinel.called == []


def test_what_training_writes_is_read_as_it_was(made: Path) -> None:
    stored = torch.load(made / "inductive" / BEST, weights_only=True)[KEY]["config"]
    assert load_config_file(made / "inductive" / CONFIG) == stored


@pytest.mark.parametrize("name", ["../mine.txt", "/mine.txt", "sub/mine.txt", "..", ""])
def test_the_record_of_a_report_removes_nothing_elsewhere(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "evaluation"
    name = name.replace("/mine.txt", f"{tmp_path}/mine.txt") if name.startswith("/") else name
    for path in (tmp_path / "mine.txt", folder / "sub" / "mine.txt", folder / "old.png"):
        save_text(path, "mine")
    save_json(folder / RECORD, {"files": ["old.png", name]})
    with pytest.raises(InputError, match=rf"{RECORD}: names a file that is not in its folder"):
        clear(folder)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert (folder / "sub" / "mine.txt").exists()
    assert (folder / "old.png").exists()
    save_json(folder / RECORD, {"files": ["old.png"]})
    clear(folder)
    assert not (folder / "old.png").exists()


@pytest.mark.parametrize("values", [[], {}, {"files": "old.png"}, {"files": [1]}, None])
def test_a_damaged_record_of_a_report_is_named(tmp_path: Path, values: Any) -> None:
    save_json(tmp_path / RECORD, values)
    with pytest.raises(InputError, match=rf"{RECORD}: .*; delete it and repeat"):
        clear(tmp_path)


@pytest.mark.parametrize("key", ["best_model_path", "kth_best_model_path", "last_model_path"])
@pytest.mark.parametrize("path", ["/elsewhere/mine.txt", "{}/../mine.txt", "{}/sub/best.ckpt"])
def test_a_resumed_run_replaces_nothing_elsewhere(tmp_path: Path, key: str, path: str) -> None:
    callback = MovableCheckpoint(dirpath=str(tmp_path / "checkpoints"), monitor="val/auc")
    state = callback.state_dict()
    named = path.format(state["dirpath"])
    callback.load_state_dict(state)
    for changed in ({key: named}, {"best_k_models": {named: torch.tensor(0.5)}}):
        with pytest.raises(InputError, match=r"names .*which is not in its folder"):
            callback.load_state_dict(state | changed)


@pytest.mark.parametrize("text", ["{", "[]", "7"])
def test_what_was_asked_before_is_read_or_named(tmp_path: Path, text: str) -> None:
    save_text(tmp_path / "out" / ASKED, text)
    remedy = "delete the folder, or give out=FOLDER"
    with pytest.raises(InputError, match=rf"{ASKED}: .*; {remedy}"):
        claim(tmp_path / "out", {"runs": "x", "out": None})
