"""The version of archlint, alone in its module so that asking for it imports nothing."""

VERSION = "0.1.0"
PLUGIN_API = "1.0"
"""Version of `archlint.plugin`. The major one rises when something is removed or changes, the minor one with more."""
