"""Homework of lessons: handing it in, and judging it."""
