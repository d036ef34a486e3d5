"""The working-day clock: calendars, opening times, dated rules, deadlines that explain themselves. Pure but for reading its data."""
