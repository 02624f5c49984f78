"""Search over values of the recurrent networks: `python reproductions/crnn/tune.py --help`."""

import sys

try:
    from common.quiet import quiet_start
except ModuleNotFoundError:
    print("error: this Python lacks Encore. Run `make venv`, then use .venv/bin/python.", file=sys.stderr)
    sys.exit(2)

with quiet_start():
    from common.tunecli import main
    from reproductions.crnn.paper import PAPER
    from reproductions.crnn.spaces import SPACES

if __name__ == "__main__":
    main(PAPER, SPACES)
