"""Staff, their posts and certificates."""
