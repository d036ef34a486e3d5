"""Transfers: a decided dossier moves a learner from one school to another."""
