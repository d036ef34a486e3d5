"""`python -m stack` is `lienthong`."""

from stack.cli import main

if __name__ == "__main__":
    main()
