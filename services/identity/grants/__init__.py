"""Grants: a role at an organisation, held by an account or a vendor client."""
