"""Insight: what its pages share, and where its address leads."""
