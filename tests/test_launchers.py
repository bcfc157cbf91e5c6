"""Jobs of a sweep under SLURM and Ray, as far as one machine can tell."""

import os
from pathlib import Path

import pandas as pd
import pytest
from hydra import compose, initialize_config_dir

from connectome.config import config_folder, register
from connectome.runs import load_json
from tests.programs import run_program

SWEEP = ("-m", "model=spectral,adamic_adar", "trainer=smoke", "logger=none", "~callbacks.progress")
# SLURM on one machine: jobs of an array start at once, as children of whoever submits them.
SLURM = {
    "sbatch": """\
#!/usr/bin/env bash
last=$(grep -oE -- '--array=0-[0-9]+' "$1" | grep -oE '[0-9]+$' || echo 0)
export SLURM_ARRAY_JOB_ID=77 SLURM_LOCALID=0 SLURM_PROCID=0 SLURM_NTASKS=1 SLURM_NODEID=0
export SLURM_JOB_NUM_NODES=1 SLURM_JOB_NODELIST=localhost
cp "$1" submitted.sh
for task in $(seq 0 "$last"); do
  SLURM_ARRAY_TASK_ID=$task SLURM_JOB_ID=$((77 + task)) bash "$1" > "$task.log" 2>&1 &
done
echo "Submitted batch job 77"
""",
    "srun": """\
#!/usr/bin/env bash
while [[ $1 == -* ]]; do
  case $1 in --output | --error) shift 2 ;; *) shift ;; esac
done
exec "$@"
""",
    "sacct": """\
#!/usr/bin/env bash
echo "JobID|State|NodeList"
echo "77|RUNNING|localhost"
""",
}


@pytest.mark.parametrize(("launcher", "plugin"), [("slurm", "submitit"), ("ray_cluster", "ray")])
def test_launchers_compose(launcher: str, plugin: str) -> None:
    register()
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        config = compose("train", [f"hydra/launcher={launcher}"], return_hydra_config=True)
    assert config.hydra.launcher._target_.startswith(f"hydra_plugins.hydra_{plugin}_launcher.")


def require_both(folder: Path) -> None:
    """Both runs are complete, and the sweep has its summary."""
    [study] = (folder / "outputs").iterdir()
    states = [load_json(path)["state"] for path in study.rglob("status.json")]
    assert states == ["complete"] * 2
    table = pd.read_csv(study / "summary.csv")
    assert table["model"].tolist() == ["adamic_adar", "spectral"]


@pytest.mark.slow
def test_a_sweep_runs_as_an_array_of_slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, text in SLURM.items():
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    done = run_program("train.py", *SWEEP, "hydra/launcher=slurm", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    require_both(tmp_path)
    script = (tmp_path / "submitted.sh").read_text()
    for option in ("--array=0-1%2", "--cpus-per-task=4", "--mem=16GB", "--time=240"):
        assert f"#SBATCH {option}\n" in script


@pytest.mark.slow
def test_a_sweep_runs_on_ray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # no token for a cluster of this test alone
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    here = ("num_cpus=1", "include_dashboard=false")  # a worker imports all, and then serves both
    options = [f"+hydra.launcher.ray.init.{option}" for option in here]
    done = run_program("train.py", *SWEEP, "hydra/launcher=ray_cluster", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    require_both(tmp_path)
