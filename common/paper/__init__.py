"""What a paper states."""
