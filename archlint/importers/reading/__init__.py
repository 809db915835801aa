"""Reads the files of other tools: YAML and JSON to plain data that knows where each part stands."""
