"""From options to records: choose rows, plan runs, carry them out."""
