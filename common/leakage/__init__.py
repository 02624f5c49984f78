"""The leakage audit: one row trained under every split that the data allow."""
