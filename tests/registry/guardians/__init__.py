"""Tests of guardians."""
