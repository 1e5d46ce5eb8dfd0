"""`python -m registry.cli`: the same as the `casa` command, for processes that a command starts."""

from registry.cli import main

main()
