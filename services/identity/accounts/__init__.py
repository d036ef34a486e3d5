"""Accounts: who can sign in, with which home organisation and which person behind."""
