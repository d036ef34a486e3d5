"""The learning service: `python -m services.learning.main api|worker|migrate|openapi`."""

from pathlib import Path

from libs.common.events import catalogue
from libs.common.organisations import organisation_copy
from libs.common.service import Service
from services.learning.content import routes as content
from services.learning.curriculum import routes as curriculum
from services.learning.settings import FILE_CEILING_BYTES, LearningSettings
from services.learning.storage.opening import storing

SERVICE = Service(
    name="learning",
    title="Liên Thông: curriculum and learning material",
    root=Path(__file__).parent,
    # The busiest first: routes are matched in order.
    routers=[content.library, content.router, curriculum.router],
    events=catalogue.of_service("learning"),
    consumers=[organisation_copy("learning")],
    background=[storing],
    settings=LearningSettings,
    # For the upload alone: all other routes keep the ordinary limit.
    max_body_bytes=FILE_CEILING_BYTES,
)

if __name__ == "__main__":
    raise SystemExit(SERVICE.main())
