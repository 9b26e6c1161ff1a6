"""CPU and memory of process trees, from /proc."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
IDLE_SHARE = 0.1  # of one core: what two process trees may use while they do nothing
LOOK_EVERY = 0.2


def parent_of(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[1]) if fields else None


def process_tree(root: int) -> list[int]:
    """`root` and all that descends from it."""
    children = defaultdict(list)
    for name in os.listdir("/proc"):
        if name.isdigit() and (parent := parent_of(int(name))) is not None:
            children[parent].append(int(name))
    tree = [root]
    for pid in tree:
        tree += children[pid]
    return tree


def cpu_seconds(roots: Collection[int]) -> float:
    """What the trees have used so far, with the children that they have outlived."""
    ticks = 0
    for root in roots:
        for pid in process_tree(root):
            ticks += sum(map(int, _stat(pid)[11:15]))
    return ticks / TICKS


def machine_cpu_seconds() -> float:
    """What all processes of the machine have used so far."""
    user, nice, system, _idle, _wait, *interrupts = Path("/proc/stat").read_text().split()[1:9]
    return sum(map(int, (user, nice, system, *interrupts))) / TICKS


def proportional_set_size(root: int) -> float:
    """MiB of the tree, each shared page counted in parts."""
    kibibytes = 0
    for pid in process_tree(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kibibytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kibibytes / 1024


def wait_until_idle(roots: Collection[int], *, at_most: float) -> None:
    """Waits until the trees have finished what clients that left had asked for."""
    end = time.monotonic() + at_most
    calm, before = 0, cpu_seconds(roots)
    while calm < 2 and time.monotonic() < end:
        time.sleep(LOOK_EVERY)
        now = cpu_seconds(roots)
        calm = calm + 1 if now - before <= IDLE_SHARE * LOOK_EVERY else 0
        before = now


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty where there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()
