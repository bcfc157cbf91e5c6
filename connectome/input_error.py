"""What the user gave cannot be used; a module of its own, since it is needed before any library."""


class InputError(ValueError):
    """Something the user gave cannot be used; the message names it, its value and the remedy."""


class NotApplicableError(InputError):
    """A method, protocol or regime does not go with the data; a sweep goes on without it."""
