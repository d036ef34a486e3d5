"""Rooms, devices and internet lines: one kind of record with one life, told apart by their class."""
