"""How sure a match is, from twins whose own pairing is known without any label."""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from connectome.analysis.neuron_matching.given_types import types_of_twin
from connectome.analysis.neuron_matching.scores import Pairing
from connectome.draws import generator
from connectome.models.cell_typing import Confidence, in_own_units, on_twins
from connectome.models.matching import (
    EVIDENCE,
    SparseMatch,
    SparseSettings,
    TypePrior,
    match_both,
    match_evidence,
)
from connectome.types import InputError

OWN_UNITS = tuple(EVIDENCE.index(name) for name in ("log_degree", "log_synapses"))
MUTUAL = EVIDENCE.index("mutual")


def unsure(found: SparseMatch, synapses: sp.csr_array) -> tuple[Pairing, np.ndarray]:
    """Partners without a confidence, and the evidence ``[N, F]`` for one.

    Args:
        found: the matching.
        synapses: ``[N, N]`` counts of synapses of the brain whose neurons are the rows.
    """
    runner_up, evidence = match_evidence(found, synapses)
    nothing = np.full(len(runner_up), np.nan)
    mutual = evidence[:, MUTUAL] > 0
    evidence = in_own_units(evidence, OWN_UNITS, found.best >= 0)
    return Pairing(found.best, runner_up, nothing, mutual), evidence


def with_confidence(
    pairing: Pairing,
    evidence: np.ndarray,
    found: SparseMatch,
    both: tuple[sp.csr_array, sp.csr_array],
    settings: SparseSettings,
    told: np.ndarray,
    types: TypePrior | None = None,
) -> Pairing:
    """The same with the probability that each partner is right.

    Twins of the first brain are drawn with the turnover of connections between the matched neurons
    of both (:func:`connectome.models.cell_typing.twins.on_twins`), and matched with it: there each
    neuron's partner is known. Where the other brain is smaller, a twin keeps as many neurons, so
    that some have no partner; of the neurons that were told theirs, the twin's are told too. A
    logistic regression on the evidence of the others learns from that. No label is used.

    Args:
        pairing: ``[N]`` each, as of :func:`unsure`.
        evidence: ``[N, F]``, likewise.
        found: the matching.
        both: ``[N, N]`` and ``[M, M]`` synapses.
        settings: of the matching.
        told: ``[S]`` neurons whose partner was told.
        types: that narrowed the candidates; a twin has them with as many errors.
    """
    mine, home = both
    size = mine.shape[0]
    kept = _kept(size, home.shape[0], settings.seed)
    own = np.full(size, -2)  # the partner of a neuron whose twin is not kept is nobody
    own[kept] = np.arange(len(kept))
    told_pairs = np.column_stack([told, own[told]])[own[told] >= 0]

    prior = None if types is None else types_of_twin(types, kept, settings.seed)

    def again(twin: sp.csr_array) -> tuple[Pairing, np.ndarray]:
        part = sp.csr_array(twin[kept][:, kept])
        return unsure(match_both(mine, part, told_pairs, settings, None, prior), mine)

    wanted = _mutual((pairing, evidence))
    try:
        twins = on_twins(mine, home, found.pairs, settings.seed, again, _mutual, wanted)
    except InputError as error:
        return replace(pairing, trouble=str(error))
    shown, right, weight = [], [], []
    for (matched, of_twin), share in twins:
        asked = np.setdiff1d(np.flatnonzero(matched.best >= 0), told_pairs[:, 0])
        shown.append(of_twin[asked])
        right.append(matched.best[asked] == own[asked])
        weight.append(np.full(len(asked), share))
    if not sum(map(len, right)):
        return replace(pairing, trouble="no neuron of a twin is matched")
    seen, was_right, counts = map(np.concatenate, (shown, right, weight))
    fitted = Confidence.fit(seen, was_right, counts).of_twin()
    return replace(pairing, confidence=np.where(pairing.best >= 0, fitted.at(evidence), 0.0))


def _kept(size: int, other: int, seed: int) -> np.ndarray:
    """Positions of the neurons of a twin that are kept: as many as the other brain has, at most."""
    if other >= size:
        return np.arange(size)
    drawn = generator(seed, "neurons of a twin").permutation(size)[:other]
    return np.sort(drawn)


def _mutual(made: tuple[Pairing, np.ndarray]) -> float:
    """Share of the neurons with a partner that are its best too."""
    matched = made[0].best >= 0
    return float(made[0].mutual[matched].mean()) if matched.any() else 0.0
