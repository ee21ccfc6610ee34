"""Extraction (提炼): from a real, masked conversation to the draft of a case or of a drill scenario."""
