"""Bounded contexts. Each is entered through its api module only."""
