"""Approved material of the learning service's library; what is created is a draft."""

from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from services.learning.content import queries
from services.learning.content.schemas import PublishedOut
from services.learning.content.tables import Content, ContentVersion
from tests.bench.resource import TREE, Creation, Resource, bare, bare_page, code_of

PATH = "/learning/v1/contents"
FILL = (
    *TREE,
    """INSERT INTO content (content_id, organisation_id, published_number, latest_number, organisation_path)
       SELECT row_id, organisation_id, 1, 1, path FROM bench_place""",
    """INSERT INTO content_version (content_id, number, organisation_id, state, title, subject, level, grade, kind, licence, language,
           description, file_sha256, file_name, file_media, file_bytes, author, submitted_at, decided_at, decided_by)
       SELECT row_id, 1, organisation_id, 'approved', 'Phân số bằng nhau ' || n, 'mathematics', 'primary', 1 + n % 5, 'lesson', 'cc_by',
           'vi', 'Bài giảng', repeat('ab', 32), 'bai-giang.pdf', 'application/pdf', 100000, 'author', now(), now(), 'reviewer'
       FROM bench_place""",
)


async def naive(db: AsyncSession, key: UUID) -> PublishedOut:
    """Read the content and its version, one after the other."""
    content = await db.get_one(Content, key)
    version = await db.get_one(ContentVersion, (key, content.published_number))
    file = {
        "name": version.file_name,
        "media_type": version.file_media,
        "bytes": version.file_bytes,
        "sha256": version.file_sha256,
        "path": f"{PATH}/{key}/file",
    }
    return PublishedOut.model_validate(
        {
            **version.model_dump(),
            **content.model_dump(),
            "organisation_code": await code_of(db, content.organisation_id),
            "approved_at": version.decided_at,
            "file": file,
        }
    )


CREATION = Creation(
    "/learning/v1/workspace",
    body=lambda: {
        "organisation_code": "S7",
        "title": "Phân số bằng nhau " + uuid4().hex,
        "subject": "mathematics",
        "level": "primary",
        "grade": 4,
        "kind": "lesson",
        "licence": "cc_by",
    },
)
RESOURCE = Resource(
    grant="province_officer@P",
    fill=FILL,
    keys="SELECT content_id FROM content",
    read=PATH + "/{key}",
    page=PATH + "?subject=mathematics&grade=3",
    every=PATH,
    bare=bare(queries.PUBLISHED, "content_id"),
    bare_page=bare_page(queries.LIBRARY_LIST, subject="mathematics", grade=3),
    naive=naive,
    out=PublishedOut,
    creation=CREATION,
)
