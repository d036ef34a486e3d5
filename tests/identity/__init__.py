"""Tests of the identity service; what is about signing in runs against both issuers."""
