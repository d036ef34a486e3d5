"""The house rules as lints: `python -m tests.house` runs them over the whole tree, each has tests of its own here."""
