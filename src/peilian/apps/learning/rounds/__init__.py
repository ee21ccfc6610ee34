"""The daily round (每日五分钟): a few questions a day, met again when they would be forgotten."""
