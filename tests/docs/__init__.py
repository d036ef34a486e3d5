"""The documents are checked as the code is: tables are made from it, code blocks run, links and commands exist."""
