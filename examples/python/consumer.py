"""Follows a topic that a peerline on this host shares: pip install nats-py, then
python consumer.py "$(peerline url)" topic.demo/news [QUEUE]"""
import asyncio
import json
import signal
import sys

import nats


async def main(url, subject, queue=""):
    # The name is the consumer's id: one connection at a time has it.
    connection = await nats.connect(url, name="example-python", max_reconnect_attempts=-1)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, lambda: asyncio.create_task(connection.drain()))

    status = json.loads((await connection.request("$PL.API.STATUS", b"{}")).data)
    print(f"{status['peer_id']} has {status['links']} links", flush=True)

    subscription = await connection.subscribe(subject, queue=queue)
    async for message in subscription.messages:
        headers = message.headers or {}
        if "Pl-Gap" in headers:
            print(f"missed {headers['Pl-Gap']}", flush=True)  # by Pl-Seq, both included
        print(f"{headers.get('Pl-From')}: {message.data.decode()[:60]}", flush=True)


asyncio.run(main(*sys.argv[1:]))
