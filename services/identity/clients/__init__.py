"""Clients: applications of vendors (secret, OAuth scopes) and the public web client."""
