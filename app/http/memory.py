"""What is worked out from a query string, remembered: clients ask for the same again and again."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

REMEMBERED = 512
LONGEST = 256  # bytes: what is longer is seldom asked twice, and would fill the memory

Answer = TypeVar("Answer")


def remembering(work_out: Callable[[bytes], Answer]) -> Callable[[bytes], Answer]:
    """The same function, remembering what it made of short query strings."""
    remembered = lru_cache(maxsize=REMEMBERED)(work_out)

    def answer(query_string: bytes) -> Answer:
        return (remembered if len(query_string) <= LONGEST else work_out)(query_string)

    return answer
