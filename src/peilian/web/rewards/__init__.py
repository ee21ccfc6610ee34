"""Rewards, the honour board and the suggestion box."""
