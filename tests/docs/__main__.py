"""`python -m tests.docs`: write the generated parts of the documents anew."""

import sys

from tests.docs.generated import PARTS
from tests.docs.markdown import DOCS, replaced


def main() -> int:
    """Write every part and name the documents that changed."""
    for name, (document, make) in PARTS.items():
        path = DOCS / document
        before = path.read_text(encoding="utf-8")
        after = replaced(before, name, make())
        if after != before:
            path.write_text(after, encoding="utf-8")
            sys.stdout.write(f"docs/{document}: {name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
