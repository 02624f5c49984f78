"""`python -m common.encore`: the command `encore` where its script is not on the path."""

from common.encore.start import main

if __name__ == "__main__":
    main()
