"""What every consumer does, by nats-py: the scenario that scenario.c, scenario.go and scenario.mjs run too.

They write the same lines. "restart me" asks whoever runs it to restart the server.

    python scenario.py HOST:PORT TOKEN
    python scenario.py refusals HOST:PORT TOKEN      what our door refuses, which must not end the connection
"""

import asyncio
import sys
import zlib

import nats
from nats.errors import MaxPayloadError, NoRespondersError

ADDRESS, TOKEN = sys.argv[-2:]
MIB = 1 << 20
PATIENCE = 30


def say(line):
    print(line, flush=True)


def digest(data):
    return f"{len(data)}:{zlib.crc32(data):08x}"


def flag(value):
    return "true" if value else "false"


async def connect(name, **options):
    async def mute(_error):
        pass

    return await nats.connect(
        f"nats://{ADDRESS}", token=TOKEN, name=f"py-{name}", connect_timeout=10,
        **{"allow_reconnect": False, "error_cb": mute, **options})


async def until(met, what):
    for _ in range(PATIENCE * 1000):
        if met():
            return
        await asyncio.sleep(0.001)
    raise TimeoutError(f"waited in vain for {what}")


async def settle(connection):
    """Waits until the server has seen all that was sent before.

    A first flush of nats-py does not prove it: its PING overtakes what waits to be sent. A second one does.
    """
    await connection.flush(PATIENCE)
    await connection.flush(PATIENCE)


async def take(connection, subscription):
    """What has come of what this connection sent, or was sent before."""
    await settle(connection)
    got = []
    while subscription.pending_msgs > 0:
        got.append(await subscription.next_msg(timeout=PATIENCE))
    return got


async def subscribe():
    connection = await connect("subscribe")
    subscription = await connection.subscribe("sc.core")
    for text in ["one", "", "grüß", "a\r\nb\0c"]:
        await connection.publish("sc.core", text.encode())
    await connection.publish("sc.other", b"not for us")
    got = await take(connection, subscription)
    say(" ".join(f"{m.subject}={digest(m.data)}" for m in got))
    await subscription.unsubscribe()
    await connection.publish("sc.core", b"late")
    await settle(connection)
    say(f"after unsubscribe {len(got) + subscription.pending_msgs}")
    await connection.close()


async def wildcards():
    connection = await connect("wildcards")
    patterns = ["sc.w.*.c", "sc.w.>", "sc.w.1.*", "sc.w", "sc.*.1.c", "sc.w.x*", "sc.w.*", "teranode/bitcoin/1.*.*"]
    subscriptions = [await connection.subscribe(one) for one in patterns]
    for subject in ["sc.w", "sc.w.1", "sc.w.1.c", "sc.w.1.2.c", "sc.w.xy", "sc.w.x*", "sc.v.1.c", "sc.W.1.c",
                    "teranode/bitcoin/1.0.0/mainnet-block"]:
        await connection.publish(subject, b"-")
    for one, subscription in zip(patterns, subscriptions):
        got = await take(connection, subscription)
        say(" ".join([f"{one}:"] + [m.subject for m in got]))
    await connection.close()


async def queue_group():
    members = [await connect("member-1"), await connect("member-2")]
    sender = await connect("sender")
    group = [await connection.subscribe("sc.queue", queue="workers") for connection in members]
    plain = await members[0].subscribe("sc.queue")
    for connection in members:
        await settle(connection)
    for count in range(300):
        await sender.publish("sc.queue", str(count).encode())
    await settle(sender)
    copies = await take(members[0], plain)
    shares = [await take(connection, one) for connection, one in zip(members, group)]
    everything = [m.data for got in shares for m in got]
    both = all(len(got) > 50 for got in shares)
    say(f"group {len(everything)} different {len(set(everything))} both {flag(both)} plain {len(copies)}")
    for connection in [*members, sender]:
        await connection.close()


async def headers():
    # nats-py keeps one value per header: of a repeated one it can neither send nor show more.
    connection = await connect("headers")
    subscription = await connection.subscribe("sc.headers")
    await connection.publish("sc.headers", b"with", headers={"X": "first,second", "lower-case": "kept"})
    await connection.publish("sc.headers", b"without")
    one, two = await take(connection, subscription)
    say(f"X={one.headers['X']} lower-case={one.headers['lower-case']} {digest(one.data)}")
    say(f"none {flag(not two.headers)} {digest(two.data)}")
    await connection.close()


async def request():
    server, asker = await connect("server"), await connect("asker")

    async def answer(message):
        await server.publish(message.reply, message.data, headers={"Was": (message.headers or {}).get("Ask", "")})

    await server.subscribe("sc.service", queue="workers", cb=answer)
    await settle(server)
    good = 0
    for count in range(100):
        reply = await asker.request("sc.service", f"q{count}".encode(), timeout=PATIENCE, headers={"Ask": str(count)})
        good += reply.data == f"q{count}".encode() and reply.headers["Was"] == str(count)
    say(f"answered {good}")
    for _ in range(2):
        try:
            await asker.request("sc.nobody", b"?", timeout=PATIENCE)
            say("answered?")
        except NoRespondersError:
            say("no responders")
    await server.close()
    await asker.close()


async def megabyte():
    server, asker = await connect("server"), await connect("asker")

    async def answer(message):
        await server.publish(message.reply, message.data)

    await server.subscribe("sc.big", cb=answer)
    await settle(server)
    for size in [0, 1, 65536, MIB]:
        data = bytes((i * 31 + i // 251) & 255 for i in range(size))
        reply = await asker.request("sc.big", data, timeout=PATIENCE)
        say(f"{digest(reply.data)} same {flag(reply.data == data)}")
    try:
        await asker.publish("sc.big", bytes(asker.max_payload + 1))
        say("one byte more: sent")
    except MaxPayloadError:
        say("one byte more: refused")
    await server.close()
    await asker.close()


async def many():
    count = 100_000
    reader, writer = await connect("reader"), await connect("writer")
    state = {"seen": 0, "in order": True, "sum": 0}

    async def hear(message):
        state["in order"] = state["in order"] and int(message.data) == state["seen"]
        state["sum"] = zlib.crc32(message.data, state["sum"])
        state["seen"] += 1

    await reader.subscribe("sc.many", cb=hear)
    await settle(reader)
    for number in range(count):
        await writer.publish("sc.many", b"%016d" % number)
        if number % 1000 == 999:
            await writer.flush(PATIENCE)
    await writer.flush(PATIENCE)
    await until(lambda: state["seen"] >= count, f"{count} messages")
    say(f"received {state['seen']} in order {flag(state['in order'])} checksum {state['sum']:08x}")
    await reader.close()
    await writer.close()


async def restart():
    gone, back = asyncio.Event(), asyncio.Event()

    async def on_gone():
        gone.set()

    async def on_back():
        back.set()

    patient = {"allow_reconnect": True, "max_reconnect_attempts": -1, "reconnect_time_wait": 0.05}
    connection = await connect("restart", disconnected_cb=on_gone, reconnected_cb=on_back, **patient)
    loader = await connect("load", **patient)
    subscription = await connection.subscribe("sc.restart")
    state = {"last": -1, "increasing": True, "loaded": 0}

    async def hear(message):
        state["increasing"] = state["increasing"] and int(message.data) > state["last"]
        state["last"] = int(message.data)

    async def load():
        while True:
            await loader.publish("sc.load", str(state["loaded"]).encode())
            state["loaded"] += 1
            await asyncio.sleep(0.001)

    await connection.subscribe("sc.load", cb=hear)
    await settle(connection)
    loading = asyncio.create_task(load())
    for _ in range(1000):
        await connection.publish("sc.restart", b"before")
    got = await take(connection, subscription)
    say("restart me")
    await asyncio.wait_for(gone.wait(), PATIENCE)
    for _ in range(100):
        await connection.publish("sc.restart", b"meanwhile")
    await asyncio.wait_for(back.wait(), PATIENCE)
    for _ in range(1000):
        await connection.publish("sc.restart", b"after")
    got += await take(connection, subscription)
    since = state["loaded"]
    await until(lambda: state["last"] >= since, "the load to go on")
    loading.cancel()
    for word in ["before", "meanwhile", "after"]:
        say(f"{word} {sum(m.data == word.encode() for m in got)}")
    say(f"load increasing {flag(state['increasing'])} goes on true")
    await connection.close()
    await loader.close()


async def drain():
    connection = await connect("drain")
    got = []

    async def hear(message):
        got.append(message)

    await connection.subscribe("sc.drain", cb=hear)
    for _ in range(1000):
        await connection.publish("sc.drain", b"x")
    await connection.drain()
    say(f"drained {len(got)} closed {flag(connection.is_closed)}")


async def refusals():
    errors, seen = [], set()

    async def on_error(error):
        errors.append(error)

    async def on_back():
        seen.add("back")

    connection = await connect("refusals", allow_reconnect=True, error_cb=on_error, reconnected_cb=on_back)

    async def ignore(_message):
        pass

    for subject in ["topic.%zz", "a" * 1100]:
        await connection.subscribe(subject, cb=ignore)
    await connection.subscribe("topic.%zz.q", queue="group", cb=ignore)
    for subject in ["$PL.EVENT.MINE", "topic.%zz", "a" * 1100]:
        await connection.publish(subject, b"x")
    await connection.publish("sc.reply", b"x", reply="_R_.x")
    subscription = await connection.subscribe("sc.goes.on")
    await connection.publish("sc.goes.on", b"x")
    got = await take(connection, subscription)
    say(f"told {flag(errors)} reconnected {flag(seen)} closed {flag(connection.is_closed)} goes on {flag(len(got) == 1)}")
    await connection.close()


STEPS = {
    "subscribe": subscribe, "wildcards": wildcards, "queue group": queue_group, "headers": headers, "request": request,
    "a megabyte each way": megabyte, "a hundred thousand in order": many, "restart under load": restart, "drain": drain,
}


async def main():
    for name, run in ({"refusals": refusals} if sys.argv[1] == "refusals" else STEPS).items():
        say(f"# {name}")
        await run()
    say("# end")


asyncio.run(main())
