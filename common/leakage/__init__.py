"""The leak audit: one row under every split that the data allow."""
