"""Options of ``train.py`` and ``evaluate.py``, right and wrong, by what is known of them."""

# Each is right wherever it is used; several of different groups may stand together.
RIGHT: tuple[tuple[str, ...], ...] = (
    ("latent_dim=3",),
    ("seed=7",),
    ("steps_per_epoch=2",),
    ("split.seed=101",),
    ("split.test_fraction=0.2", "split.val_fraction=0.1"),
    ("split.directed=true", "split.protocol=reciprocal"),
    ("split.protocol=random",),
    ("data.side=left",),
    ("data.side=both",),
    ("model=gae", "model.hidden_dim=8", "model.dropout=0.1"),
    ("model=gae", "features=[degrees]"),
    ("model=vgae", "model.kl_weight=0.001", "model.kl_warmup_steps=3"),
    ("model=spectral", "model.variant=lse", "model.solver=lanczos"),
    ("model=spectral", "model.decoder=distance"),
    ("model=factor", "split.directed=true"),
    ("model=directed_gae", "split.directed=true", "model.network.hops=1"),
    ("model=directed_gae", "split.directed=true", "variant=no_networks"),
    ("model=gae", "optimizer=adamw", "scheduler=cosine"),
    ("model=deepwalk", "optimizer=sgd", "scheduler=step", "scheduler.drops=3"),
    ("model=l3",),
    ("model=dcsbm", "model.num_blocks=3", "split.directed=true"),
    ("model=gae", "batch=edges", "batch.edges=500"),
    ("benchmark=full", "benchmark.negatives=[uniform]"),
    ("benchmark=none",),
    ("logger=csv",),
    ("objective=[val/auc,val/ap]",),
    ("test=false", "split.seed=101"),
    ("callbacks.early_stopping.patience=3",),
    ("trainer.precision=32-true",),
    ("trainer.max_epochs=2",),
    ("~callbacks.early_stopping",),
    ("trainer.log_every_n_steps=2",),
)

# Refused whatever else is chosen; a line must hold one of the words after the bar.
WRONG = tuple(
    (tuple(words.split()), tuple(names.split()))
    for words, _, names in (
        line.partition(" | ")
        for line in """
latent_dim=-1 | latent_dim
latent_dim=0 | latent_dim
latent_dim=213 | latent_dim
latent_dim=100000000000000000000 | latent_dim
latent_dim=abc | latent_dim
latent_dim=1.5 | latent_dim
latent_dim=null | latent_dim
latent_dim=[2,4] | latent_dim
model=spectral latent_dim=-3 | latent_dim
model=factor latent_dim=-1 | latent_dim
model=directed_gae split.directed=true latent_dim=-1 | latent_dim
model=deepwalk latent_dim=0 | latent_dim
model=inductive split.directed=true latent_dim=-1 | latent_dim
seed=abc | seed
seed=-1 | seed
seed=null | seed
seed=1.5 | seed
steps_per_epoch=0 | steps_per_epoch
steps_per_epoch=-5 | steps_per_epoch
steps_per_epoch=many | steps_per_epoch
features=degrees | features
features=[nope] | nope features
features=[5] | features
features={a:1} | features
objective=[val/nope] | objective nope
objective=[] | objective
objective=val/auc | objective
objective=[test/auc] | objective test/auc
test=maybe | test
trial=-1 | trial
output_root='' | output_root
data.side=top | data.side
data.side=null | data.side
data.side=5 | data.side
data.side=[left] | data.side
data.sid=left | sid
+data.nope=1 | nope
data=null | data
data=nope | nope
data=5 | data
data=table | data.edges
data=table data.edges=no.csv | no.csv
data=table data.edges=null | edges
data=larva_brain data.archive=no.zip | no.zip
split=null | split
split=5 | split
split.test_fraction=0 | test_fraction
split.test_fraction=-0.1 | test_fraction
split.test_fraction=1 | test_fraction
split.test_fraction=1.5 | test_fraction
split.test_fraction=nan | test_fraction
split.test_fraction=inf | test_fraction
split.test_fraction=0.9 split.val_fraction=0.5 | fraction
split.val_fraction=-1 | val_fraction
split.val_fraction=nan | val_fraction
split.val_fraction=ten | val_fraction
split.protocol=orbits | protocol
split.protocol=null | protocol
split.directed=maybe | directed
split.directed=null | directed
split.seed=-1 | split.seed
split.seed=x | split.seed
split.seed=1.5 | split.seed
+split.nope=1 | split.nope
split.nope=1 | split.nope
nope=1 | nope
+nope=1 | nope
latentdim=2 | latentdim
model=null | model
model=nope | nope
model=5 | model
model.hidden_dim=-1 | hidden_dim
model.hidden_dim=0 | hidden_dim
model.hidden_dim=100000000000000000000 | hidden_dim
model.hidden_dim=null | hidden_dim
model.hidden_dim=[64] | hidden_dim
model.hiden_dim=64 | hiden_dim
+model.hiden_dim=64 | hiden_dim
model.dropout=1.5 | dropout
model.dropout=-0.1 | dropout
model.dropout=nan | dropout
model.learning_rate=-1 | learning_rate
model.learning_rate=0 | learning_rate
model.learning_rate=nan | learning_rate
model.learning_rate=inf | learning_rate
model.learning_rate=fast | learning_rate
model.decoder=nope | decoder
model.encoder=gnc | encoder
model.kl_weight=-1 | kl_weight
model.kl_weight=nan | kl_weight
model.kl_warmup_steps=-1 | kl_warmup_steps
model.variational=3 | variational
model=spectral model.variant=asee | variant
model=spectral model.solver=fast | solver
model=spectral model.decoder=nope | decoder
model=l3 model.rule=l4 | rule
model=dcsbm model.num_blocks=0 | num_blocks
model=dcsbm model.num_blocks=-2 | num_blocks
model=deepwalk model.walk_length=0 | walk_length
model=deepwalk model.window=-1 | window
model=factor model.l2=-1 | l2
model=factor model.l2=nan | l2
model=directed_gae split.directed=true model.network.hops=-1 | hops
model=directed_gae split.directed=true model.network.hops=100000000000000000000 | hops
model=directed_gae split.directed=true model.network.layers=-1 | layers
model=directed_gae split.directed=true model.network.rank=0 | rank
model=directed_gae split.directed=true model.likelihood.rows=0 | rows
model=directed_gae split.directed=true model.likelihood.columns=-1 | columns
model=directed_gae split.directed=true model.likelihood.degree_share=2 | degree_share
model=directed_gae split.directed=true model.likelihood.link_weight=-1 | link_weight
model=directed_gae split.directed=true model.network.state_dim=-1 | state_dim
model=directed_gae split.directed=true model.dropout=1 | dropout
model=directed_vgae split.directed=true model.posterior.free_bits=-1 | free_bits
model=inductive split.directed=true model.rounds=-1 | rounds
model=inductive split.directed=true model.views=0 | views
model=inductive split.directed=true model.hidden_links=2 | hidden_links
model=inductive split.directed=true model.negatives=0 | negatives
trainer=null | trainer
trainer=5 | trainer
trainer.max_epochs=0 | max_epochs
trainer.max_epochs=-1 | max_epochs
trainer.max_epochs=1.5 | max_epochs
trainer.max_epochs=null | max_epochs
trainer.max_epochs=ten | max_epochs
trainer.devices=0 | devices
trainer.devices=-2 | devices
trainer.devices=abc | devices
trainer.accelerator=tpu | accelerator tpu TPU
trainer.accelerator=fpga | accelerator
trainer.precision=17 | recision
trainer.strategy=nope | strategy
trainer.num_nodes=2 | num_nodes
trainer.num_nodes=0 | num_nodes
+trainer.limit_val_batches=0 | limit_val_batches
+trainer.plugins=5 | plugins
+trainer.accumulate_grad_batches=0 | accumulate_grad_batches
+trainer.nope=1 | nope
+trainer.callbacks=5 | callbacks
+trainer.gradient_clip_val=abc | gradient_clip_val
callbacks=null | callbacks
callbacks=5 | callbacks
callbacks=nope | nope
~callbacks.best | best
callbacks.best=null | best
callbacks.early_stopping.mode=up | mode
callbacks.early_stopping.patience=-1 | patience
callbacks.early_stopping.patience=x | patience
callbacks.early_stopping.monitor=val/nope | monitor val/nope
callbacks.best.monitor=val/nope | monitor val/nope
callbacks.best.mode=up | mode
+callbacks.best.nope=1 | nope
+callbacks.nope=5 | callbacks
logger=nope | nope
+logger.nope=1 | logger
model=gae batch=edges batch.edges=0 | edges
model=gae batch=edges batch.edges=-1 | edges
model=gae batch=edges batch.fanouts=5 | fanouts
model=gae batch=edges batch.fanouts=[0] | fanouts
model=spectral batch=edges | batch
batch=5 | batch
benchmark=full benchmark.negatives=[nope] | negatives nope
benchmark=full benchmark.negatives=7 | negatives
benchmark=full benchmark.scores=[nope] | scores nope
benchmark=full benchmark.max_sources=0 | max_sources
benchmark=full benchmark.max_sources=-1 | max_sources
benchmark=null | benchmark
optimizer=nope | nope
optimizer=null | optimizer
model=gae optimizer.weight_decay=-1 | weight_decay
model=gae optimizer.weight_decay=nan | weight_decay
model=gae optimizer=sgd optimizer.momentum=1 | momentum
model=gae scheduler=step scheduler.drops=0 | drops
model=gae scheduler=step scheduler.gamma=2 | gamma
model=gae batch=edges optimizer=sgd | optimizer
model=gae batch=edges scheduler=cosine | scheduler
model=spectral optimizer=adamw | optimizer
model=directed_gae split.directed=true scheduler=cosine | scheduler
variant=nope | nope
experiment=nope | nope
model=spectral features=[degrees] | features
model=gae split.protocol=neuron | protocol
""".strip().splitlines()
    )
)

# Of evaluate.py on a sound run.
WRONG_EVALUATE = tuple(
    (tuple(words.split()), tuple(names.split()))
    for words, _, names in (
        line.partition(" | ")
        for line in """
tolerance=nan | tolerance
tolerance=-1 | tolerance
tolerance=abc | tolerance
tolerance=null | tolerance
source=nope | source
source=null | source
wandb=maybe | wandb
wandb=null | wandb
look=null | look
look=5 | look
report=maybe | report
runs='' | runs
runs=nowhere | nowhere
runs=null | runs
data=5 | data
data=[1] | data
nope=1 | nope
+nope=1 | nope
+data.nope=1 source=checkpoint | nope
+data.side=left source=checkpoint | another left
look.questions=[nope] | nope
look.questions=5 | questions
look.cell_types.seeds=0 | seeds
look.clusters.permutations=-1 | permutations
look.fewest=-1 | fewest
+look.nope=1 | nope
""".strip().splitlines()
    )
)

# Whatever one may type for a value.
ODD = (
    *("null", "-1", "0", "1e400", "nan", "inf", "''", "abc", "[]", "[1,a]", "{a:1}", "true"),
    *(
        "100000000000000000000",
        "1.5",
        "-0.5",
        "${nope}",
        "${seed}",
        "2024-01-01",
        "' '",
        "ü",
        "[[1]]",
    ),
)
