"""The realm as code: deploy/keycloak/realm.yaml planned against and applied to a real Keycloak."""
