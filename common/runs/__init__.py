"""From options to records: choose rows, plan the runs, train and evaluate them."""
