"""Sandbox OpenID Connect issuer: loopback only, for the sandbox profile; Keycloak takes its place everywhere else."""
