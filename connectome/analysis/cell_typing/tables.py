"""Tables of predicted types: neuron by neuron, and type by type."""

import math
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from connectome.analysis.cell_typing.methods import METHOD
from connectome.analysis.cell_typing.scores import Typing, recalls, threshold
from connectome.analysis.cell_typing.tasks import Typed
from connectome.analysis.latent import synapse_matrix
from connectome.data.neurons import GROUP
from connectome.models.cell_typing import DECIDED, group_unknown
from connectome.receipt import many

NAMELESS = ""  # of a neuron with nothing to go by


def type_table(typed: Typed, precision: float) -> pd.DataFrame:
    """One row a neuron.

    Returns:
        Columns ``neuron_id, type, confidence, runner_up, told, abstains``. Ids are text, so that
        no spreadsheet rounds them. A neuron that was told has its own type and no confidence (NaN),
        since that is no prediction. One with nothing to go by has no type and confidence 0. Those
        that ``abstains`` are below the confidence from which on ``precision`` of the types is
        expected to be right; the best guess is there all the same. Where they were grouped,
        ``type`` is ``new_1`` and so on, and the best guess is the ``runner_up``. With pairs also
        ``partner_type``, ``partner_confidence`` that it is right, and who ``decided``: ``both``,
        ``wiring`` or ``pair``; ``told`` if neither.
    """
    typing, known = typed.typing, typed.labels.known
    names = np.array([*typed.labels.names, NAMELESS], dtype=object)
    kinds, seconds = names[typing.best], names[typing.runner_up]
    if typed.groups is not None:
        new = np.flatnonzero(typed.groups >= 0)
        seconds[new] = kinds[new]
        kinds[new] = [f"{GROUP}{group + 1}" for group in typed.groups[new]]
    voted: dict[str, np.ndarray] = {}
    if typing.voted is not None:
        votes = typing.voted
        voted = {
            "partner_type": names[votes.vote],
            "partner_confidence": np.where(votes.vote < 0, np.nan, votes.chance),
            "decided": np.array(DECIDED, dtype=object)[votes.decided],
        }
    return pd.DataFrame(
        {
            "neuron_id": [str(one) for one in typed.connectome.neuron_ids.tolist()],
            "type": kinds,
            "confidence": predicted_confidence(typed),
            "runner_up": seconds,
            "told": known >= 0,
            "abstains": abstains(typing, known, precision),
        }
        | voted
    )


def predicted_confidence(typed: Typed) -> np.ndarray:
    """``[N]`` confidence of the types that were predicted, NaN of those that were told."""
    return np.where(typed.labels.known >= 0, np.nan, typed.typing.confidence)


def outcome(table: pd.DataFrame, precision: float) -> str:
    """How many of the neurons that were not told are typed, in words.

    Args:
        table: as of :func:`type_table`.
        precision: of the abstention.
    """
    rest = table[~table["told"]]
    kept, nothing = int((~rest["abstains"]).sum()), int((rest["type"] == NAMELESS).sum())
    return (
        f"{kept:,} of {many(len(rest), 'neuron')} at an expected precision of {precision:g}; "
        f"{len(rest) - kept - nothing:,} abstain, {nothing:,} have nothing to go by"
    )


def abstains(typing: Typing, known: np.ndarray, precision: float) -> np.ndarray:
    """``[N]`` bool: not told (``known`` ``[N]`` is -1), and too unsure for ``precision``."""
    open_ones = known < 0
    limit = threshold(typing.confidence[open_ones], typing.best[open_ones], precision)
    return open_ones & ((typing.best < 0) | ~(typing.confidence >= limit))


def grouped(typed: Typed, precision: float, count: int, seed: int) -> Typed:
    """With the neurons that abstain in ``count`` groups by the types of their partners, if any.

    Args:
        typed: what came of a task.
        precision: of the abstention.
        count: of groups; 0 makes none.
        seed: of the clustering.
    """
    rests = abstains(typed.typing, typed.labels.known, precision)
    if not count or not rests.any():
        return typed
    types = np.where(rests, -1, typed.typing.best)
    matrix = synapse_matrix(typed.connectome)
    found = group_unknown(matrix, types, len(typed.labels.names), count, seed)
    return replace(typed, groups=found)


def by_type(typed: Typed) -> pd.DataFrame:
    """One row a type that is judged, the largest first.

    Returns:
        Columns ``type, neurons, told, judged, recall, precision``: how many neurons the data know,
        how many were told, how many are judged, the share of these that is found, and the share of
        the answers of this type that is right (NaN without an answer).
    """
    true, best = typed.labels.truth[typed.judged], typed.tested.best[typed.judged]
    types, count, recall = recalls(true, best)
    k = len(typed.labels.names)
    truth, known = typed.labels.truth, typed.labels.known
    given = np.bincount(best[best >= 0], minlength=k)[types].astype(float)
    right = np.bincount(true[true == best], minlength=k)[types]
    return pd.DataFrame(
        {
            "type": [typed.labels.names[code] for code in types],
            "neurons": np.bincount(truth[truth >= 0], minlength=k)[types],
            "told": np.bincount(known[known >= 0], minlength=k)[types],
            "judged": count,
            "recall": recall,
            "precision": np.divide(right, given, out=np.full(len(types), np.nan), where=given > 0),
        }
    ).sort_values(["neurons", "type"], ascending=[False, True], ignore_index=True)


def scores_record(typed: Typed, precision: float, origin: str, options: dict[str, Any]) -> Any:
    """What ``scores.json`` holds: plain values, None where a number is not known.

    Args:
        typed: what came of the task.
        precision: of the abstention.
        origin: what is known of the label.
        options: of the command.
    """
    untold = typed.labels.known < 0
    rests = abstains(typed.typing, typed.labels.known, precision)
    every = {name: plain_scores(asdict(found)) for name, found in typed.scores.items()}
    return {
        **every.pop(METHOD, {}),
        "method": typed.method or METHOD,
        "judged_by": typed.how,
        "controls": every,
        "label": origin,
        "neurons": len(untold),
        "untyped": int(untold.sum()),
        "typed_share": _rounded((~rests[untold]).mean()) if untold.any() else None,
        "precision": precision,
        "options": options,
    }


def plain_scores(values: dict[str, Any]) -> dict[str, Any]:
    """Scores by name, rounded to six digits behind the point; None for NaN."""
    return {name: _rounded(value) for name, value in values.items()}


def _rounded(value: Any) -> Any:
    if not isinstance(value, float | np.floating):
        return value
    return None if math.isnan(value) else round(float(value), 6)
