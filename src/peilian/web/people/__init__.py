"""The team (团队): people of one's sight, their profiles, units, and the import of rosters."""
