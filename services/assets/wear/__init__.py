"""Yearly wear of public assets by dated rules: a pure engine, the rule set as data, and runs over all assets of an organisation."""
