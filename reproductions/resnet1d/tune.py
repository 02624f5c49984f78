"""Search over values of ResNet1D: `python reproductions/resnet1d/tune.py --help`."""

import sys

try:
    from common.launch import tune_paper
except ModuleNotFoundError:
    print("error: this Python lacks Encore. Run `make venv`, then use .venv/bin/python.", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    tune_paper("resnet1d")
