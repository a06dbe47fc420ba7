# Everything runs in .venv, which is made from requirements.lock when it is not there or out of date.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
CONFIG ?= configs/fraud.yaml
ARGS ?=

.PHONY: compare test quick lint notebooks clean

compare: $(READY)  ## compare every method on the fraud case; CONFIG=mine.yaml or ARGS="table.csv --target fraud"
	$(VENV)/bin/synthkit compare $(if $(ARGS),$(ARGS),$(CONFIG))

# One thread per process: two processes with two threads each on two cores are slower than one.
test: $(READY)
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest --numprocesses auto --dist loadfile

# The loop of a day: no notebooks, no engines that train, nothing else marked slow.
quick: $(READY)
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest --numprocesses auto --dist loadfile -m "not slow and not sdv"

lint: $(READY)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/mypy

# Stored with still pictures beside the interactive ones, which the web does not show; kaleido draws them in a browser.
notebooks: $(READY)  ## run every notebook and store it with its outputs
	cd notebooks && OMP_NUM_THREADS=1 PLOTLY_RENDERER=plotly_mimetype+png ../$(VENV)/bin/jupyter execute --inplace *.ipynb

clean:
	rm -rf $(VENV) runs

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, however " + sys.executable + " is " + sys.version.split()[0] + ". Run make PYTHON=python3.11.")'
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@
