"""The curriculum: what people learn, how far they are, what is completed."""
