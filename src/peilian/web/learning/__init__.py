"""Learning: my paths and courses, the courses there are, the lesson player, and who of a team is where."""
