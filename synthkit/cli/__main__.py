"""`python -m synthkit.cli`."""

from synthkit.cli import main

if __name__ == "__main__":
    main()
