"""What captions and warnings say of a table's numbers."""
