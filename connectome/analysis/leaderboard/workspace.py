"""The saved view in which W&B compares the runs of a study."""

from typing import Any

from connectome.types import InputError

LATENT = "latent_dim"
METHOD = "method"
COSTS = ("seconds", "parameters", "numbers_per_neuron")


def workspace(entity: str, project: str, name: str, group: str | None = None) -> Any:
    """The view as an object of ``wandb-workspaces``; nothing is sent before its ``save()``.

    Three sections: AUC and AP against latent dimension, and each method beside the others; what a
    method costs; how training went. Runs are those of job type ``train``, grouped by method and
    latent dimension.

    Args:
        entity: user or team.
        project: of W&B.
        name: of the view.
        group: only the runs of this group, a sweep; None takes all.

    Raises:
        InputError: without the package ``wandb-workspaces``.
    """
    try:
        from wandb_workspaces import expr, workspaces
    except ImportError as error:
        raise InputError(
            "dashboard: needs wandb-workspaces; pip install 'connectome-latent[workspaces]'"
        ) from error
    filters = [expr.Metric("JobType") == "train"]
    if group is not None:
        filters.append(expr.Metric("Group") == group)
    runs = workspaces.RunsetSettings(
        filters=expr.And(*filters), groupby=[expr.Config(METHOD), expr.Config(LATENT)]
    )
    sections = [
        workspaces.Section(name=title, panels=panels, is_open=True)
        for title, panels in _panels().items()
    ]
    return workspaces.Workspace(
        entity=entity, project=project, name=name, sections=sections, runset_settings=runs
    )


def _panels() -> dict[str, list[Any]]:
    """By section."""
    import wandb_workspaces.reports.v2 as panels

    latent, method = panels.Config(LATENT), panels.Config(METHOD)
    auc, ap = (panels.SummaryMetric(f"test/{score}") for score in ("auc", "ap"))
    costs = [
        panels.ScatterPlot(title=f"{_words(cost)} and AUC", x=panels.SummaryMetric(cost), y=auc)
        for cost in COSTS
    ]
    over_runs: dict[str, Any] = {"groupby": method, "groupby_aggfunc": "mean"}
    return {
        "Comparison": [
            panels.ScatterPlot(title="AUC against latent dimension", x=latent, y=auc, log_x=True),
            panels.ScatterPlot(title="AP against latent dimension", x=latent, y=ap, log_x=True),
            panels.BarPlot(title="AUC by method", metrics=["test/auc"], **over_runs),
            panels.BarPlot(title="AP by method", metrics=["test/ap"], **over_runs),
        ],
        "Cost": costs,
        "Training": [
            panels.LinePlot(title=f"{metric} by method", y=[metric], **over_runs)
            for metric in ("val/auc", "val/ap", "train/loss")
        ],
    }


def _words(metric: str) -> str:
    return metric.replace("_", " ")
