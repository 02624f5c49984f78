"""Run SE-CNN's tables: `python reproductions/se_cnn/run.py --help`."""

from common.quiet import quiet_start

with quiet_start():
    from common.cli import main
    from reproductions.se_cnn.paper import PAPER

if __name__ == "__main__":
    main(PAPER)
