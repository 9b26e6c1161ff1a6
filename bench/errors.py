"""What stops a benchmark, in one line that says what to do."""


class BenchError(Exception):
    """Its text is shown to the person at the terminal, without a traceback."""
