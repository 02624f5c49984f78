"""One module per dataset; each states facts, citation, index and licence, and returns a Catalog."""
