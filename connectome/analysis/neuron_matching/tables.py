"""Tables of matched neurons."""

from typing import Any

import numpy as np
import pandas as pd

from connectome.analysis.cell_typing import plain_scores
from connectome.analysis.neuron_matching.scores import SURE
from connectome.analysis.neuron_matching.tasks import METHOD, Matched, plain_names
from connectome.data.neurons import TYPE_COLUMN, labels_of
from connectome.receipt import many

NOBODY = ""  # the partner of a neuron that has none


def pair_table(matched: Matched, truth: str | None) -> pd.DataFrame:
    """One row a neuron of the brain in data.

    Args:
        matched: what came of the matching.
        truth: the column that it is judged by, which is shown of both neurons.

    Returns:
        Columns ``neuron_id, partner_id, confidence, runner_up, mutual, told``, and of the columns
        ``cell_type`` and ``truth``, where both brains have them, what they say of the neuron and of
        its partner (``partner_cell_type``). Ids are text, so that no spreadsheet rounds them.
        ``partner_id`` is empty for a neuron without a partner; its ``confidence`` is 0. A partner
        that was told has no confidence (NaN), since that is no prediction.
    """
    pairing = matched.pairing
    mine, theirs = (each.neuron_ids.astype(str).astype(object) for each in _brains(matched))
    there = np.append(theirs, NOBODY)
    columns: dict[str, Any] = {
        "neuron_id": mine,
        "partner_id": there[pairing.best],
        "confidence": np.where(matched.told, np.nan, pairing.confidence),
        "runner_up": np.where(matched.told, NOBODY, there[pairing.runner_up]),
        "mutual": pairing.mutual,
        "told": matched.told,
    }
    for name in dict.fromkeys((TYPE_COLUMN, truth)):
        if name is not None and all(name in each.neurons for each in _brains(matched)):
            said = [labels_of(each, name, "truth") for each in _brains(matched)]
            columns[name] = said[0]
            columns[f"partner_{name}"] = np.where(pairing.best < 0, None, said[1][pairing.best])
    return pd.DataFrame(columns)


def outcome(matched: Matched) -> str:
    """How many neurons have a partner, and how sure that is, in words."""
    rest = ~matched.told
    found = rest & (matched.pairing.best >= 0)
    sure = found & (np.nan_to_num(matched.pairing.confidence) >= SURE)
    mutual = int((found & matched.pairing.mutual).sum())
    have = "has" if found.sum() == 1 else "have"
    return (
        f"{int(found.sum()):,} of {many(int(rest.sum()), 'neuron')} {have} a partner in "
        f"{matched.home.name}, {mutual:,} of these mutual, {int(sure.sum()):,} with a confidence "
        "of .9 or more"
    )


def scores_record(matched: Matched, label: str, options: dict[str, Any]) -> Any:
    """What ``scores.json`` holds: plain values, None where a number is not known.

    Args:
        matched: what came of the matching.
        label: what is known of the truth's origin.
        options: of the command.
    """
    every = {name: plain_scores(plain_names(found)) for name, found in matched.scores.items()}
    return {
        **every.pop(METHOD),
        **plain_scores({"agreement_permuted": matched.null}),
        "judged_by": matched.how,
        "controls": every,
        "label": label,
        "neurons": len(matched.told),
        "neurons_home": matched.home.num_neurons,
        "told": int(matched.told.sum()),
        "options": options,
    }


def _brains(matched: Matched) -> tuple[Any, Any]:
    return matched.brain, matched.home
