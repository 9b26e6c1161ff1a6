"""The refusals of the recurrence domain, worded for the person who wrote the rule."""

ECHO_LIMIT = 40


class InvalidRule(ValueError):
    """The recurrence rule cannot be accepted; the text says which part has to change."""


class UnsuitableMode(ValueError):
    """The recurrence mode does not go with the rule."""


class UnknownZone(ValueError):
    """The name is no time zone of the IANA database."""


def echo(text: str) -> str:
    """The text as a message may quote it: in quotes, printable, 40 characters at most.

    What cannot be printed (a NUL, half a surrogate pair) becomes a question mark, so that a
    message can always be encoded.
    """
    shown = text if len(text) <= ECHO_LIMIT else text[: ECHO_LIMIT - 1] + "…"
    return "'" + "".join(letter if letter.isprintable() else "?" for letter in shown) + "'"
