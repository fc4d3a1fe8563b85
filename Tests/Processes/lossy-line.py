# SPDX-License-Identifier: MIT
"""lossy-line.py NAME NAME: a network cable between two devices that loses and delays frames.

Stands in for the kernel's `netem` where that is not to be had. Makes a TAP device of each name, says
`ready`, and carries Ethernet frames between them until it is ended: one in ten is lost, the others
take from 2 to 8 ms, so that some overtake. The devices may be moved to network namespaces
meanwhile, and go when this ends.
"""
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
# Frames that are on their way; more are lost, as at a router whose queue is full.
QUEUE_LIMIT = 1_000


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def main():
    chance = random.Random(1)
    taps = [open_tap(name) for name in sys.argv[1:3]]
    print("ready", flush=True)
    on_the_way = []
    count = 0
    while True:
        now = time.monotonic()
        while on_the_way and on_the_way[0][0] <= now:
            _, _, tap, frame = heapq.heappop(on_the_way)
            try:
                os.write(tap, frame)
            except OSError:
                pass  # The other end is down.
        wait = max(on_the_way[0][0] - now, 0) if on_the_way else None
        for tap in select.select(taps, [], [], wait)[0]:
            try:
                frame = os.read(tap, 65536)
            except OSError:
                continue
            if chance.random() < 0.1 or len(on_the_way) >= QUEUE_LIMIT:
                continue
            count += 1
            due = time.monotonic() + chance.uniform(0.002, 0.008)
            heapq.heappush(on_the_way, (due, count, taps[1 - taps.index(tap)], frame))


if __name__ == "__main__":
    main()
