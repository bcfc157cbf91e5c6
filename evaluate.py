"""Recompute the test metrics of finished runs from their embeddings and checkpoints."""

from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.progress import track

from connectome.analysis import (
    Recomputed,
    Run,
    as_table,
    find_runs,
    from_embedding,
    print_report,
    score_test,
    write_report,
)
from connectome.config import build, run_program
from connectome.training import restore
from connectome.types import InputError

SOURCES = ("both", "embedding", "checkpoint")


@hydra.main(version_base="1.3", config_path="conf", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Recompute, compare, write; raises if anything differs."""
    if config.source not in SOURCES:
        raise InputError(f"source={config.source}: choose one of {', '.join(SOURCES)}")
    runs = find_runs(Path(config.runs))
    data = OmegaConf.to_container(config.data) if config.data else {}
    results = [
        result
        for run in track(runs, "Recomputing", console=Console(stderr=True))
        for result in recompute(run, config.source, data)
    ]
    out = Path(config.out or Path(config.runs) / "evaluation")
    report = write_report(runs, out, Path(config.runs).name)
    table = as_table(results)
    table.to_csv(out / "evaluation.csv", index=False)
    print_report(report, Console())
    worst = table["difference"].max()
    print(f"Largest difference to training: {worst:.1e} over {len(table)} recomputations")
    if not worst <= config.tolerance:
        raise InputError(f"{out / 'evaluation.csv'}: a metric differs by {worst:.1e} from training")


def recompute(run: Run, source: str, data: dict) -> list[Recomputed]:
    """Recompute one run from what ``source`` names."""
    results = []
    if source in ("both", "embedding"):
        results.append(from_embedding(run))
    if source in ("both", "checkpoint"):
        datamodule, embedding = restore(run.path / "checkpoints" / "best.ckpt", build, data)
        results.append(Recomputed(run, "checkpoint", score_test(embedding, datamodule.split)))
    return results


if __name__ == "__main__":
    run_program(main)
