"""The story that runs through all services: a child changes school, and everything that depends on it follows."""
