"""One module per dataset; each documents facts, citation, index and licence, and returns a Catalog."""
