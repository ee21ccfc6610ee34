"""Drills kept (演练): runs, their events, results, debriefs, and the supervisor's own rating."""
