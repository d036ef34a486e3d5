"""The tables made from code are those of the code as it is; `python -m tests.docs` mends them."""

import pytest

from tests.docs.generated import PARTS
from tests.docs.markdown import DOCS, part


@pytest.mark.parametrize("name", PARTS)
def test_a_generated_part_is_current(name: str) -> None:
    document, make = PARTS[name]
    assert part((DOCS / document).read_text(encoding="utf-8"), name) == make(), "run `python -m tests.docs`"
