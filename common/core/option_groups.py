"""Groups of options in help texts; an option names its own as `rich_help_panel`."""

DATA = "Data"
WHAT = "What to run"
SEARCH = "Search"
TRAINING = "How to train"
OUTPUT = "Output"
MACHINES = "Machines"
SPECIAL = "Special cases"
# In the order of help texts: the most needed first.
GROUPS = (DATA, WHAT, SEARCH, TRAINING, OUTPUT, MACHINES, SPECIAL)
