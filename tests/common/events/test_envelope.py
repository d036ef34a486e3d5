"""CloudEvents 1.0: what is written can be read back, what is no event is refused with a reason, headers survive any bytes."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from libs.common.events.envelope import (
    Attributes,
    Headers,
    Record,
    UnreadableError,
    binary_headers,
    headers_from_json,
    headers_to_json,
    receive,
    sequence_text,
    structured,
)
from tests.common.events.support import Counted

ID = UUID("01900000-0000-7000-8000-000000000001")
TIME = datetime(2026, 9, 5, 1, 2, 3, tzinfo=UTC)
ATTRIBUTES = Attributes(ID, Counted.TYPE, "lớp-6A", 3, TIME, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
BODY = b'{"counter":"l\xe1\xbb\x9bp-6A","version":3}'


def record(headers: Headers = (), body: bytes = BODY) -> Record:
    return Record("test.counter", 0, 0, "k", headers or binary_headers(ATTRIBUTES), body, TIME)


def test_binary_mode_carries_every_attribute() -> None:
    assert dict(binary_headers(ATTRIBUTES)) == {
        "ce_specversion": b"1.0",
        "ce_id": str(ID).encode(),
        "ce_source": b"/test",
        "ce_type": Counted.TYPE.encode(),
        "ce_time": b"2026-09-05T01:02:03+00:00",
        "ce_subject": "lớp-6A".encode(),
        "ce_sequence": b"000000000003",
        "ce_traceparent": b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "content-type": b"application/json",
    }


def test_what_was_written_is_read_back() -> None:
    event = receive(record())
    assert (event.id, event.type, event.key, event.sequence, event.time) == (ID, Counted.TYPE, "lớp-6A", 3, TIME)
    assert event.body == {"counter": "lớp-6A", "version": 3}


def test_structured_mode_is_one_document() -> None:
    document = structured(receive(record()))
    assert document["specversion"] == "1.0"
    assert document["data"] == {"counter": "lớp-6A", "version": 3}
    assert (document["source"], document["subject"], document["sequence"]) == ("/test", "lớp-6A", "000000000003")


@pytest.mark.parametrize("name", ["ce_id", "ce_type", "ce_time", "ce_subject", "ce_sequence", "ce_specversion"])
def test_a_missing_header_is_named(name: str) -> None:
    headers = tuple(pair for pair in binary_headers(ATTRIBUTES) if pair[0] != name)
    with pytest.raises(UnreadableError, match=name):
        receive(record(headers))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_id", b"no-uuid"),
        ("ce_time", b"yesterday"),
        ("ce_time", b"2026-09-05T01:02:03"),
        ("ce_sequence", b"x"),
        ("ce_specversion", b"0.3"),
        ("ce_subject", b"\xff"),
    ],
)
def test_a_wrong_header_is_refused(name: str, value: bytes) -> None:
    headers = tuple((header, value if header == name else old) for header, old in binary_headers(ATTRIBUTES))
    with pytest.raises(UnreadableError):
        receive(record(headers))


@pytest.mark.parametrize("body", [b"", b"\x00", b"[1]", b"null", b"{", b'"text"'])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        receive(record(body=body))


def test_a_body_the_consumer_does_not_understand_is_refused() -> None:
    with pytest.raises(ValidationError):
        receive(record(body=b'{"counter":"a"}')).parse(Counted)


@given(st.lists(st.tuples(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.binary(max_size=40)), max_size=5))
def test_headers_survive_storage_as_json(headers: list[tuple[str, bytes]]) -> None:
    text = headers_to_json(tuple(headers))
    assert "\\u0000" not in text
    assert headers_from_json(text) == tuple(headers)


@given(st.integers(0, 10**12 - 1), st.integers(0, 10**12 - 1))
def test_sequences_sort_like_their_numbers(one: int, other: int) -> None:
    assert (one < other) == (sequence_text(one) < sequence_text(other))
