"""Drills: the room, the debrief, and the lists of both."""
