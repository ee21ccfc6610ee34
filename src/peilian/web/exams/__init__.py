"""Exams: what may be taken, the room where it is taken, and what came of it."""
