# Equality with the official package, checked live. Included by the Makefile; not part of `make test`.
.PHONY: parity

REFERENCE := .venv-reference

parity: install $(REFERENCE)/parity.stamp  ## compare with the official Qwen3-TTS package
	@$(BIN)/python -m parity.compare --reference $(REFERENCE)/bin/python $(ARGS)

$(REFERENCE)/parity.stamp: parity/reference.txt
	@echo "Installing the official package into $(REFERENCE) ..."
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: https://www.python.org/downloads/"; exit 1; }
	@$(PYTHON) -m venv $(REFERENCE)
	@$(REFERENCE)/bin/python -m pip --disable-pip-version-check install --quiet -r parity/reference.txt
	@$(REFERENCE)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps qwen-tts==0.1.1
	@touch $@
