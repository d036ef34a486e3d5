"""Insight, the service of figures: `python -m services.insight.main api|worker|migrate|openapi`."""

import sys
from pathlib import Path

from libs.common.service import Service
from services.insight.copies import routes as copies
from services.insight.copies.consumers import CONSUMERS
from services.insight.indicators import routes as indicators
from services.insight.plans import routes as plans

SERVICE = Service(
    name="insight",
    title="Liên Thông insight: figures and plans",
    root=Path(__file__).parent,
    routers=[indicators.router, plans.router, copies.router],
    consumers=CONSUMERS,
)

if __name__ == "__main__":
    sys.exit(SERVICE.main())
