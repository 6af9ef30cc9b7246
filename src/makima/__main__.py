"""`python -m makima`."""

from makima.cli.app import main

main()
