"""A server that remembers ids, one after the other, and says so: `python child_remembering.py PLACE UPSTREAM COUNT`.

Each number it prints was acknowledged. It begins when it is given a line.
"""

import asyncio
import os
import sys

from audit.place import place_of
from proxy.state.database import Database
from proxy.state.held import Held, HeldStates


async def main() -> None:
    place, upstream, count = sys.argv[1:]
    database = Database.open(place_of(place), 30.0)
    states = HeldStates(database)
    os.write(1, b"ready\n")
    sys.stdin.readline()
    for number in range(int(count)):
        await states.remember("sales", "response", [f"resp_{number}"], Held("onprem", upstream, "a" * 64))
        os.write(1, f"{number}\n".encode())
    database.close()


asyncio.run(main())
