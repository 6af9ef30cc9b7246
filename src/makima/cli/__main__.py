"""`python -m makima.cli`."""

from makima.cli.app import main

main()
