"""Shops beside each other (店铺对比): what they have, what they sell, and what follows from it."""
