"""A process that asks for one request after the other, in several lanes, and prints how many it got.

child_hammering.py URL PER_MINUTE LANES SECONDS
"""

import asyncio
import sys
import time

from audit.place import place_of
from proxy.limits.bucket import Draw
from proxy.state.buckets import InDatabase
from proxy.state.database import Database


async def main(url: str, per_minute: int, lanes: int, seconds: float) -> None:
    database = await asyncio.to_thread(Database.open, place_of(url), 10.0)
    counters = InDatabase(database)
    draws = [Draw("team", per_minute, 1), Draw("key", 10**9, 1)]
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    until = time.monotonic() + seconds

    async def lane(number: int) -> int:
        got = 0
        while time.monotonic() < until:
            got += (await counters.take(draws if number % 2 else draws[::-1]))[0]
        return got

    print(sum(await asyncio.gather(*map(lane, range(lanes)))), flush=True)
    await asyncio.to_thread(database.close)


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
