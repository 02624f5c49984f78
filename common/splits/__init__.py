"""Which clips and windows are used for training, validation and testing."""
