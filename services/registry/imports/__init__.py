"""Bulk import: a file is received, staged by COPY, checked and applied set-based, all or nothing, with its events."""
