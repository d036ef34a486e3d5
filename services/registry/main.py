"""The registry service: `python -m services.registry.main api|worker|migrate|openapi`."""

from pathlib import Path

from libs.common.events import catalogue
from libs.common.service import Service
from services.registry import daily
from services.registry.classes import routes as classes
from services.registry.guardians import routes as guardians
from services.registry.imports import routes as imports
from services.registry.imports import worker as import_worker
from services.registry.imports.settings import ImportSettings
from services.registry.learners import routes as learners
from services.registry.organisations import routes as organisations
from services.registry.settings import RegistrySettings
from services.registry.staff import routes as staff
from services.registry.transfers.consumers import execute_transfers

SERVICE = Service(
    name="registry",
    title="Liên Thông: registry of organisations, learners and staff",
    root=Path(__file__).parent,
    # The busiest first: routes are matched in order.
    routers=[learners.router, organisations.router, classes.router, staff.router, guardians.router, classes.school_years, imports.router],
    events=catalogue.of_service("registry"),
    consumers=[execute_transfers],
    jobs=[daily.follow_calendar, import_worker.run],
    settings=RegistrySettings,
    max_body_bytes=ImportSettings().max_bytes,
)

if __name__ == "__main__":
    raise SystemExit(SERVICE.main())
