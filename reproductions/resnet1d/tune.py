"""Search over values of ResNet1D: `python reproductions/resnet1d/tune.py --help`."""

import sys

try:
    from common.quiet import quiet_start
except ModuleNotFoundError:
    print("error: this Python lacks Encore. Run `make venv`, then use .venv/bin/python.", file=sys.stderr)
    sys.exit(2)

with quiet_start():
    from common.tunecli import main
    from reproductions.resnet1d.paper import PAPER
    from reproductions.resnet1d.spaces import SPACES

if __name__ == "__main__":
    main(PAPER, SPACES)
