# Two commands do everything on a fresh machine; only the package registry is needed.
#   make sweep   the study's comparison on the embedded data
#   make test    lint, types, documentation and tests
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt
# What pip does on one core, on all, without the tests of packages; a few files are templates.
COMPILE = $(BIN)/python -m compileall -qq -j 0 -x '/tests?/' $(VENV)/lib || true

.PHONY: sweep test lint docs pytest clean

sweep: $(VENV)/.installed
	$(BIN)/python train.py -m model=vgae,gae,spectral latent_dim=2,4,8,16,24

test: $(VENV)/.installed-dev
	$(MAKE) --jobs=2 pytest lint docs

pytest: $(VENV)/.installed-dev
	$(BIN)/pytest -n auto --dist worksteal

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet  # to site/; needs no network

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) -e .
	$(COMPILE)
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -e '.[dev]'
	$(INSTALL) --no-deps cect  # only its files are read; what it declares wants an older numpy
	$(COMPILE)
	touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis
