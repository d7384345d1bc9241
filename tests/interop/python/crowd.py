"""Many consumers of one topic, by nats-py, that come back by themselves: what crowd.mjs does, in the same lines.

    python crowd.py HOST:PORT TOKEN SUBJECT COUNT
"""

import asyncio
import sys

import nats

ADDRESS, TOKEN, SUBJECT, COUNT = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
RETRY = 0.1


def say(line):
    print(line, flush=True)


async def join(number):
    async def away():
        say(f"away {number}")

    async def back():
        say(f"back {number}")

    async def mute(_error):
        pass

    async def take(message):
        headers = message.headers or {}
        say(f"got {number} {headers.get('Pl-Epoch', '-')} {headers.get('Pl-Seq', '-')} {headers.get('Pl-Gap', '-')} "
            f"{message.data.decode()}")

    connection = await nats.connect(
        f"nats://{ADDRESS}", token=TOKEN, name=f"py-crowd-{number}", max_reconnect_attempts=-1, reconnect_time_wait=RETRY,
        disconnected_cb=away, reconnected_cb=back, error_cb=mute)
    await connection.subscribe(SUBJECT, cb=take)
    await connection.flush()
    await connection.flush()  # the first one overtakes the SUB


async def main():
    for number in range(COUNT):
        await join(number)
    say(f"ready {COUNT}")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
