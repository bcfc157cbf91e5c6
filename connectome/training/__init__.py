"""Lightning at the edge: DataModule, LightningModules, checkpoints and the folder of a run."""
