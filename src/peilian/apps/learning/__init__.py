"""Learning: courses and lessons, exams, what people answered and what it was worth."""
