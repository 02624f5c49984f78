"""The command lines that all papers share."""
