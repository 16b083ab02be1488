"""How passwords are hashed: Argon2id, sized for a morning when the whole office signs in at once."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class OfficeArgon2PasswordHasher(Argon2PasswordHasher):
    """One pass over 46 MiB in one lane.

    Django's default (100 MiB, eight lanes) asks 40 parallel sign-ins for 4 GB; this asks for 1.8 GB and about
    70 ms of one core each, and is within OWASP's recommended sets.
    """

    time_cost = 1
    memory_cost = 46 * 1024
    parallelism = 1
