"""Reads of contents: the library, which everybody reads, and the workspace of an organisation."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from libs.common.db.read import Document, Filter, Listing, Sort
from services.learning.content.rules import ContentKind, Licence, State
from services.learning.content.schemas import PublishedOut, VersionOut
from services.learning.curriculum.rules import Level
from services.learning.fields import Subject

LIBRARY_SOURCE = (
    "content c JOIN content_version v ON v.content_id = c.content_id AND v.number = c.published_number "
    "LEFT JOIN organisation_path o ON o.organisation_id = c.organisation_id"
)
WORK_SOURCE = (
    "content c JOIN content_version v ON v.content_id = c.content_id LEFT JOIN organisation_path o ON o.organisation_id = c.organisation_id"
)
# Row security shows published material of every organisation: the workspace is what is under the caller's own.
IN_WORK = "o.path <@ ANY ((SELECT scope_paths())::ltree[])"
CALLER = "(SELECT current_setting('lienthong.actor', true))"

SHARED = {
    "content_id": "v.content_id",
    "number": "v.number",
    "organisation_id": "v.organisation_id",
    "organisation_code": "split_part(o.code, '#', 1)",
    "kind": "v.kind",
    "version": "c.version",
}


def _file(path: str) -> str:
    return (
        "CASE WHEN v.file_sha256 IS NOT NULL THEN json_build_object('name', v.file_name, 'media_type', v.file_media, "
        "'bytes', v.file_bytes, 'sha256', v.file_sha256, 'path', '/learning/v1/' || " + path + ") END"
    )


LIBRARY = {**SHARED, "approved_at": "v.decided_at", "file": _file("'contents/' || v.content_id || '/file'")}
WORK = {
    **SHARED,
    "mine": "v.author = " + CALLER,
    "file": _file("'workspace/' || v.content_id || '/versions/' || v.number || '/file'"),
    "created_at": "c.created_at",
    "updated_at": "c.updated_at",
}

FILTERS = {
    "subject": Filter("v.subject", Subject),
    "level": Filter("v.level", Level),
    "grade": Filter("v.grade", Annotated[int, Field(ge=1, le=12)]),
    "kind": Filter("v.kind", ContentKind),
    "licence": Filter("v.licence", Licence),
    "language": Filter("v.language", Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]),
    "organisation": Filter(
        "v.organisation_id",
        str,
        condition="{e} IN (SELECT b.organisation_id FROM organisation_path b JOIN organisation_path a ON b.path <@ a.path "
        "WHERE a.code = :value)",
    ),
    # Every word typed, in any order, with or without accents.
    "q": Filter(
        "",
        Annotated[str, Field(min_length=1, max_length=100)],
        condition="NOT EXISTS (SELECT FROM unnest(string_to_array(fold(:value), ' ')) AS w(word) WHERE strpos(v.search_text, w.word) = 0)",
    ),
}

PUBLISHED = Document(PublishedOut, LIBRARY_SOURCE, where="c.content_id = :content_id", columns=LIBRARY, version="c.version")
"""The approved version of a content."""

# An approved version is the published one. Without the join a page is one range of an index of the versions, wherever it lies.
LIBRARY_LIST = Listing(
    PublishedOut,
    "content_version v LEFT JOIN organisation_path o ON o.organisation_id = v.organisation_id",
    key="v.content_id",
    columns={**LIBRARY, "version": "(SELECT c.version FROM content c WHERE c.content_id = v.content_id)"},
    where="v.state = 'approved'",
    filters=FILTERS,
    sorts={"key": Sort("v.content_id", "uuid"), "title": "v.search_title", "approved_at": Sort("v.decided_at", "timestamptz")},
)
"""Approved material of the whole province."""

NEWEST = Document(
    VersionOut,
    WORK_SOURCE,
    where="c.content_id = :content_id AND v.number = c.latest_number AND " + IN_WORK,
    columns=WORK,
    version="c.version",
)
"""The newest version of a content, whatever its state."""

VERSION = Document(
    VersionOut,
    WORK_SOURCE,
    where="c.content_id = :content_id AND v.number = :number AND " + IN_WORK,
    columns=WORK,
    version="c.version",
)
"""One version of a content."""

VERSIONS = Listing(
    VersionOut,
    WORK_SOURCE,
    key="v.number",
    key_type="integer",
    columns=WORK,
    where="c.content_id = :content_id AND " + IN_WORK,
)
"""All versions of one content."""

WORKSPACE = Listing(
    VersionOut,
    WORK_SOURCE,
    key="c.content_id",
    columns=WORK,
    where="v.number = c.latest_number AND " + IN_WORK,
    filters={
        **FILTERS,
        "state": Filter("v.state", State),
        "mine": Filter("", bool, condition="(v.author = " + CALLER + ") = :value"),
        "content_id": Filter("c.content_id", UUID),
    },
    sorts={"key": Sort("c.content_id", "uuid"), "title": "v.search_title", "updated_at": Sort("c.updated_at", "timestamptz")},
)
"""The newest version of every content of the caller's organisations: drafts, what waits for review, what was returned."""

FILE = """
SELECT v.file_sha256, v.file_name, v.file_media, v.file_bytes FROM content c JOIN content_version v USING (content_id)
    LEFT JOIN organisation_path o ON o.organisation_id = c.organisation_id
WHERE c.content_id = $1 AND v.file_sha256 IS NOT NULL AND """
PUBLISHED_FILE = FILE + "v.number = c.published_number"
VERSION_FILE = FILE + "v.number = $2 AND " + IN_WORK
# Only its author may give a draft its file: asked before a byte of the upload is read.
FILLABLE = (
    """
SELECT v.author = current_setting('lienthong.actor', true) AS mine, v.state = 'draft' AS draft, c.version
FROM content c JOIN content_version v ON v.content_id = c.content_id AND v.number = c.latest_number
    LEFT JOIN organisation_path o ON o.organisation_id = c.organisation_id
WHERE c.content_id = $1 AND """
    + IN_WORK
)
