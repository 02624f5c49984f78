# Encore. `make` alone lists the targets.
#
#   PYTHON=/path/to/python3.12   the interpreter that .venv is made with; without it the first of python3.12,
#                                python3.11, python3.13, python3 and python that is there and fits
#   UV=                          empty: install with pip although there is a uv
#   ARGS='...'                   passed on by demo, test, slow, cover, bench and report, e.g. make test ARGS='-k specs -x'

python = .venv/bin/python

.PHONY: help venv venv-of-runs demo test slow cover lint bench report clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

# Returns at once where .venv already holds what requirements.txt and pyproject.toml ask for. PYTHON and UV reach the
# script through the environment.
venv: ## make .venv and install requirements.txt, where that is not done yet
	@sh .ci/make-venv all

# Without JAX and what the tests need.
venv-of-runs:
	@sh .ci/make-venv run

demo: venv-of-runs ## train SE-CNN at smoke scale on the built-in demo corpus and print its table beside the paper's
	$(python) reproductions/se_cnn/run.py --table 5.1 $(ARGS)

test: venv ## run the tests, except the slow ones
	$(python) -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

slow: venv ## run the slow tests
	$(python) -m pytest -m slow -n auto --maxprocesses 2 --dist loadfile $(ARGS)

cover: venv ## run the tests as `make test` does, and report the lines and branches that none of them reaches
	$(python) -m pytest -n auto --maxprocesses 4 --dist loadfile --cov --cov-report term-missing $(ARGS)

lint: venv ## check style, formatting, and that packages import downwards only
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	.venv/bin/lint-imports --no-cache

bench: venv ## run the benchmarks
	$(python) -m benchmarks $(ARGS)

report: venv-of-runs ## write the committed results as one HTML page, report.html
	.venv/bin/encore report results --out report.html $(ARGS)

clean: ## remove .venv, build artefacts and caches; results/ stays, results/local with it
	rm -rf .venv build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .coverage
	find . -path ./results -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
