"""The caller about itself: account, grants and organisations."""
