"""archlint: a linter for architecture."""
