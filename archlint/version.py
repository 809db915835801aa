"""The version of archlint, alone in its module so that asking for it imports nothing."""

VERSION = "0.1.0"
