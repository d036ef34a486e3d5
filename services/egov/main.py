"""The e-government service: `python -m services.egov.main api|worker|migrate|openapi`."""

from pathlib import Path

from libs.common.events import catalogue
from libs.common.service import Service
from services.egov import upkeep
from services.egov.documents import routes as documents
from services.egov.dossiers import desk_routes as desk
from services.egov.dossiers import routes as dossiers
from services.egov.dossiers.consumers import CONSUMERS
from services.egov.offers import routes as offers
from services.egov.procedures import routes as procedures
from services.egov.registry import asking_registry
from services.egov.settings import EgovSettings

MAX_BODY_BYTES = 4 << 20

SERVICE = Service(
    name="egov",
    title="Liên Thông: procedures, dossiers and documents",
    root=Path(__file__).parent,
    routers=[procedures.router, offers.router, dossiers.public_router, dossiers.router, desk.router, desk.agency_router, documents.router],
    events=catalogue.of_service("egov"),
    consumers=CONSUMERS,
    background=[asking_registry],
    jobs=[upkeep.follow_calendar],
    settings=EgovSettings,
    max_body_bytes=MAX_BODY_BYTES,
)

if __name__ == "__main__":
    raise SystemExit(SERVICE.main())
