"""A password hasher for tests: the same algorithm at the lowest cost, so that users are made in a moment."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """Argon2id with next to no work."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
