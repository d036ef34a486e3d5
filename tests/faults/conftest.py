"""The fault tests of the bus work on a database and buses like those of the event tests."""

from tests.common.events.conftest import bus_database, bus_url, database, kafka, service, service_database, transport

__all__ = ["bus_database", "bus_url", "database", "kafka", "service", "service_database", "transport"]
