"""Short tables for the screen, made from the values of a `Table`: the columns that fit, and the notes that matter."""
