"""``data.pairs=matched`` of runs: found once for a study, and kept with each run."""

import shutil
from pathlib import Path

from omegaconf import DictConfig

from connectome.cli.jobs.pairs import wanted, without_pairs
from connectome.config import build, build_given
from connectome.data.readers import shared_pairs
from connectome.data.tabular import file_sha256
from connectome.runs import PAIRS
from connectome.runtime import into_place
from connectome.training.batching import LinkDataModule
from connectome.types import Connectome


class StudyPairs:
    """The pairs of a study, where ``data.pairs=matched`` asks for them.

    Args:
        config: of a run.

    Attributes:
        path: their file, in the folder of the study; None where none are asked for.
        brain: the data with them.

    Raises:
        InputError: if the data cannot be read, or their sides cannot be matched.
    """

    def __init__(self, config: DictConfig) -> None:
        self.path: Path | None = None
        self.brain: Connectome | None = None
        if wanted(config):
            from connectome.analysis.neuron_matching import pairs_file

            bare = without_pairs(config)
            self.path = pairs_file(bare, Path(config.output_root) / config.name)
            self.brain = shared_pairs(bare, self.path)

    def data(self, config: DictConfig) -> LinkDataModule:
        """What ``config.datamodule`` describes, of these data; they are not read again.

        Raises:
            InputError: for options that do not fit.
        """
        made: LinkDataModule = (
            build(config.datamodule, LinkDataModule)
            if self.brain is None
            else build_given(config.datamodule, {"connectome": self.brain})
        )
        return made

    @property
    def fingerprints(self) -> dict[str, str]:
        """What they are, beside the fingerprints of data and split."""
        return {} if self.path is None else {"pairs": file_sha256(self.path)[:16]}

    def save(self, run: Path) -> None:
        """Copy them into the folder of a run, which is then read without the study."""
        if self.path is not None:
            with into_place(run / PAIRS) as beside:
                shutil.copyfile(self.path, beside)
