# `make demo` and `make test` need Python 3.11, make and git; all else is installed into .venv.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

