"""Logs as JSON lines with trace and request ids, and no personal data: messages name ids, never people."""

import logging
import sys

import orjson

from libs.common.clock import now
from libs.common.http.tracing import CURRENT


class JsonFormatter(logging.Formatter):
    """One line per record."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a JSON object on one line."""
        line: dict[str, object] = {
            "at": now().isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        context = CURRENT.get()
        if context is not None:
            line |= {"request_id": context.request_id, "trace_id": context.trace_id}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure(service: str, level: str) -> None:
    """Send every record of the process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("aiokafka", "httpx", "httpcore", "alembic"):
        logging.getLogger(noisy).setLevel("WARNING")
    logging.getLogger("uvicorn.access").disabled = True
