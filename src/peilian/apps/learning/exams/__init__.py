"""Exams: opened, taken, graded, marked, looked back at."""
