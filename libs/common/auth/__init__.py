"""Who calls, what they may do, and where: tokens, principal, permissions, revocation."""
