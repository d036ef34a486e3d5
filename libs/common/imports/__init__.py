"""What imports of files share: columns and the form of their cells, staged text that PostgreSQL checks, and the report of what is wrong."""
