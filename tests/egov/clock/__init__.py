"""Tests of the e-government service."""
