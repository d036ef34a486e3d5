"""Sessions: sign-ins that can be listed and revoked; revocation reaches every service through the bus."""
