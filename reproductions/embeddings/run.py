"""Run embeddings's tables: `python reproductions/embeddings/run.py --help`."""

import sys

try:
    from common.quiet import quiet_start
except ModuleNotFoundError:
    print("error: this Python lacks Encore. Run `make venv`, then use .venv/bin/python.", file=sys.stderr)
    sys.exit(2)

with quiet_start():
    from common.cli import main
    from reproductions.embeddings.paper import PAPER

if __name__ == "__main__":
    main(PAPER)
