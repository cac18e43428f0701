"""What one sees of a daemon from outside: its counter file, its descriptors and memory."""
import os
import struct

HEADER = struct.Struct("=8sIIQQQ64sQ")  # common/metrics/layout.h
ENTRY = struct.Struct("=48sIIQ")


def read_counters(path):
    """{name: value}; works while the daemon runs and after it died. Empty where there is no file, or it is being made."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return {}
    if not data.rstrip(b"\0"):
        return {}
    magic, version, count = HEADER.unpack_from(data)[:3]
    assert magic == b"FNLCNT\n\0" and version == 1, path
    found = {}
    for index in range(count):
        name, _, _, value = ENTRY.unpack_from(data, HEADER.size + index * ENTRY.size)
        found[name.rstrip(b"\0").decode()] = value
    return found


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
