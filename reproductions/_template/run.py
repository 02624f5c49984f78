"""Run the tables of the template: `python reproductions/_template/run.py --help`."""

import sys

try:
    from common.launch import run_paper
except ModuleNotFoundError:
    print("error: this Python lacks Encore. Run `make venv`, then use .venv/bin/python.", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    run_paper("_template")
