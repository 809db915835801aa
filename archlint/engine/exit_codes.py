"""The exit codes of every command (contracts.md); the highest in the order 130 > 2 > 3 > 1 > 0 wins."""

CLEAN = 0
FINDINGS = 1
USAGE = 2
INTERNAL = 3
INTERRUPTED = 130
