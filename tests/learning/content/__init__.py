"""Tests of the learning service."""
