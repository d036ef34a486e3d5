"""Guardians: who may act for a child."""
