"""Whether a results folder is what it claims to be: records, tables, README and weights, each against its source."""
