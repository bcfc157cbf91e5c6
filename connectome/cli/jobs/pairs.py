"""``data.pairs=matched``: pairs that a command finds before it reads its data with them.

What matches is imported when it is needed: most runs do without.
"""

import shutil
from pathlib import Path

from omegaconf import DictConfig

from connectome.config import build
from connectome.data.neurons import MATCHED
from connectome.data.tabular import file_sha256
from connectome.runs import PAIRS
from connectome.runtime import into_place
from connectome.types import Connectome


def read_paired(config: DictConfig) -> Connectome:
    """The connectome in ``config.data``, of a command that leaves nothing on disk.

    Raises:
        InputError: if it cannot be read, or its sides cannot be matched.
    """
    matched = _take_out(config)
    brain: Connectome = build(config.data, Connectome)
    if not matched:
        return brain
    from connectome.analysis.neuron_matching import matched_sides

    return matched_sides(brain)


class StudyPairs:
    """The file of pairs of a study; nothing where none are asked for.

    Args:
        config: of a run; ``data.pairs`` becomes the file if it is ``matched``.

    Raises:
        InputError: if the data cannot be read, or their sides cannot be matched.
    """

    def __init__(self, config: DictConfig) -> None:
        self.path: Path | None = None
        if _take_out(config):
            from connectome.analysis.neuron_matching import pairs_file

            brain: Connectome = build(config.data, Connectome)
            self.path = pairs_file(brain, Path(config.output_root) / config.name)
            config.data.pairs = str(self.path)

    @property
    def fingerprints(self) -> dict[str, str]:
        """What they are, beside the fingerprints of data and split."""
        return {} if self.path is None else {"pairs": file_sha256(self.path)[:16]}

    def save(self, run: Path) -> None:
        """Copy them into the folder of a run, which is then read without the study."""
        if self.path is not None:
            with into_place(run / PAIRS) as beside:
                shutil.copyfile(self.path, beside)


def _take_out(config: DictConfig) -> bool:
    """Whether pairs are to be found; the data are read without them then."""
    matched = config.data.get("pairs") == MATCHED
    if matched:
        config.data.pairs = None
    return bool(matched)
