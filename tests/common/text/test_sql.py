"""PostgreSQL and Python give the same search key and the same stored name."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.common.text import FOLD_FUNCTION, TIDY_NAME_FUNCTION, fold, tidy_name
from libs.common.text.search import DROPPED, LETTERS, SPACES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import TestPostgres

LETTER = st.sampled_from("".join(LETTERS) + DROPPED + SPACES)
# PostgreSQL stores no zero character.
ANYTHING = st.text(st.one_of(LETTER, st.characters(codec="utf-8", exclude_characters="\0")), max_size=30)
SYLLABLE = st.sampled_from(["Hoà", "hoạt", "THUỶ", "quý", "Tuý", "oè", "oẻn", "uỵ", "Nguyễn", "đ", "e\u0302\u0301", " ", "\u00a0"])


class Twins:
    """The two SQL functions in temporary form, on one connection."""

    def __init__(self, runner: asyncio.Runner, connection: asyncpg.Connection) -> None:
        """Keep the loop of the connection, because hypothesis calls from plain functions."""
        self._runner = runner
        self._connection = connection

    def fold(self, texts: list[str]) -> list[str]:
        """Run the SQL function over all texts at once."""
        return self._all("SELECT fold(value) FROM unnest($1::text[]) WITH ORDINALITY AS given(value, place) ORDER BY place", texts)

    def tidy_name(self, texts: list[str]) -> list[str]:
        """Run the SQL function over all texts at once."""
        return self._all("SELECT tidy_name(value) FROM unnest($1::text[]) WITH ORDINALITY AS given(value, place) ORDER BY place", texts)

    def _all(self, query: str, texts: list[str]) -> list[str]:
        rows = self._runner.run(self._connection.fetch(query, texts))
        return [row[0] for row in rows]


@pytest.fixture(scope="module")
def twins(postgres: TestPostgres) -> Iterator[Twins]:
    database = postgres.database("text", versions=None)
    with asyncio.Runner() as runner:
        connection = runner.run(_connect(database.superuser_url))
        for function in (FOLD_FUNCTION, TIDY_NAME_FUNCTION):
            runner.run(connection.execute(function))
        yield Twins(runner, connection)
        runner.run(connection.close())
    postgres.drop(database)


async def _connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(ANYTHING, min_size=1, max_size=20))
def test_the_search_key_is_the_same_in_sql(twins: Twins, texts: list[str]) -> None:
    assert twins.fold(texts) == [fold(text) for text in texts]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(st.lists(st.one_of(SYLLABLE, LETTER), max_size=8).map("".join), min_size=1, max_size=20))
def test_the_stored_name_is_the_same_in_sql(twins: Twins, texts: list[str]) -> None:
    assert twins.tidy_name(texts) == [tidy_name(text) for text in texts]
