"""`python -m icsim` is `icsim`."""

from icsim.cli import main

if __name__ == "__main__":
    main()
