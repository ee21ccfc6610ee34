"""Feedback right after lessons: giving it, and what those who guide people do with it."""
