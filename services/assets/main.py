"""The assets service: `python -m services.assets.main api|worker|migrate|openapi`."""

from pathlib import Path

from libs.common.events import catalogue
from libs.common.service import Service
from services.assets.assets import routes as assets
from services.assets.copies.consumers import CONSUMERS
from services.assets.imports import routes as imports
from services.assets.imports.settings import MAX_FILE_BYTES
from services.assets.need import routes as need
from services.assets.wear import routes as wear

SERVICE = Service(
    name="assets",
    title="Liên Thông: assets, the need for them and their wear",
    root=Path(__file__).parent,
    routers=[assets.router, assets.classes, need.router, wear.router, imports.router],
    events=catalogue.of_service("assets"),
    consumers=CONSUMERS,
    max_body_bytes=MAX_FILE_BYTES,
)

if __name__ == "__main__":
    raise SystemExit(SERVICE.main())
