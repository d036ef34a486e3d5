"""Bulk import: one file of assets is checked set-based and applied in one transaction, all or nothing, with its events."""
