"""Organisations: the dated tree of province, department, communes, schools and sites."""
