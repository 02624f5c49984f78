"""Search over values of SE-CNN: `python reproductions/se_cnn/tune.py --help`."""

import sys

try:
    from common.quiet import quiet_start
except ModuleNotFoundError:
    print("error: this Python lacks Encore. Run `make venv`, then use .venv/bin/python.", file=sys.stderr)
    sys.exit(2)

with quiet_start():
    from common.tunecli import main
    from reproductions.se_cnn.paper import PAPER
    from reproductions.se_cnn.spaces import SPACES

if __name__ == "__main__":
    main(PAPER, SPACES)
