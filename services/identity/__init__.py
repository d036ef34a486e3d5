"""Identity: accounts, grants, vendor clients, sessions; the sandbox issuer and the Keycloak realm as code."""
