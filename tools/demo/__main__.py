"""Three nodes on one host, seven consumers on one of them, Teranode-shaped announcements from the other two.

Two consumers follow topics, three share one in a queue group, one is killed, and one is frozen and thawed again. Ends
with one line, computed from what the consumers logged and from the kernel's socket table:

    demo: links=3 consumers=7 delivered=601 lost=0 duplicate_links=0 doubled=0 gap=312 told=312 untold=0

`doubled` is how many messages came twice, or to two members of the group; `gap` how many messages the frozen one
missed; `told` how many of them the node told it of, by number; and `untold` what is wrong with that: messages missed
and not told, or told and not missed. Exit status 0 only if nobody else lost anything or got it twice, the frozen one
missed something and was told of exactly that, and no pair of nodes had two links at any look.
"""
import collections
import json
import pathlib
import shutil
import signal
import sys
import tempfile

from announcements import BLOCK, BULK, BULK_BYTES, REJECTED, SUBTREE, announcements, bulk
from nats import Client
from nodes import Node, Program, links_between, until
from screen import Screen

WANTS = {"chaintracks": [BLOCK], "arcade": [SUBTREE, REJECTED]}
TOPICS = [BLOCK, SUBTREE, REJECTED, BULK]
WORKERS = ["worker-1", "worker-2", "worker-3"]
ROUNDS = 20
KILLED_IN = 5
BULK_A_ROUND = 20
# What the node holds for one consumer: less than the default, so that less has to be said to make it miss something.
HELD = 1024 * 1024


class Demo:
    def __init__(self, program, folder, screen):
        self.program, self.folder, self.screen = program, folder, screen
        self.nodes, self.programs, self.clients = [], [], []
        self.states, self.worst = {}, collections.Counter()
        self.sent, self.worked = collections.Counter(), collections.Counter()
        self.bulk_sent, self.bulk_seen, self.told = 0, {}, 0

    def start_nodes(self):
        for number in (1, 2, 3):
            self.nodes.append(Node(self.program, self.folder, number, [n.address for n in self.nodes],
                                   **({"PEERLINE_CONSUMER_BYTES": str(HELD)} if number == 1 else {})))
        self.hub, *self.publishers = self.nodes
        self.screen.say(f"demo: three nodes are up; logs in {self.folder}")
        until("three links", lambda: all(n.status()["peers"] == 2 for n in self.nodes))

    def run_program(self, name, topics):
        self.programs.append(Program(self.hub, name, topics))
        return self.programs[-1]

    def attach(self, name):
        self.clients.append(Client(self.hub.info["socket"], name))
        return self.clients[-1]

    def start_consumers(self):
        self.followers = [self.run_program(name, wanted) for name, wanted in WANTS.items()]
        self.doomed, self.frozen = self.run_program("killed", [BLOCK]), self.run_program("frozen", [BULK])
        for name in WORKERS:
            worker = self.attach(name)
            for topic in (SUBTREE, REJECTED):
                worker.subscribe(f"topic.{topic}", self.work, "workers")
            worker.flush()
        self.hub.client.subscribe(f"topic.{BULK}", self.see_bulk)
        self.hub.client.subscribe("$PL.EVENT.GAP", self.on_gap)
        for node in self.publishers:
            for topic in TOPICS:
                node.client.subscribe(f"topic.{topic}", lambda message: None)
        until("the consumers to subscribe", self.all_subscribed)
        until("the meshes", lambda: all(n.mesh().get(t, 0) >= 2 for n in self.nodes for t in TOPICS))
        self.n_consumers = len(self.hub.status()["consumers"]) - 1  # the demo looks on
        self.screen.watch(self.attach("screen"), self.states)
        self.screen.say(f"demo: {self.n_consumers} consumers share {self.hub.name}'s links; "
                        "publishing from node2 and node3")

    def all_subscribed(self):
        names = {c["id"] for c in self.hub.status()["consumers"] if c["subscriptions"] > 0}
        return names >= {program.name for program in self.programs}

    def work(self, message):
        self.worked[identity(message.subject, message.data.decode())] += 1

    def see_bulk(self, message):
        self.bulk_seen[int(message.headers["Pl-Seq"])] = int(message.data[:6])

    def on_gap(self, message):
        event = json.loads(message.data)
        if event["consumer"] == self.frozen.name:
            self.told += event["count"]

    def say_bulk(self, count):
        """Paced by who reads it here: a peer's queue is bounded, too."""
        for _ in range(count):
            self.publishers[0].client.publish(f"topic.{BULK}", bulk(self.bulk_sent))
            self.bulk_sent += 1
        until("the bulk to arrive", lambda: len(self.bulk_seen) >= self.bulk_sent)

    def publish(self):
        self.frozen.tell(signal.SIGSTOP)
        self.states["frozen"] = "SIGSTOP"
        self.screen.say("demo: one consumer is frozen")
        for number in range(ROUNDS):
            if number == KILLED_IN:
                self.doomed.tell(signal.SIGKILL)
                self.screen.say("demo: another is killed")
            for node in self.publishers:
                for topic, text in announcements(node, number):
                    node.client.publish(f"topic.{topic}", text.encode())
                    self.sent[identity(f"topic.{topic}", text)] += 1
                node.client.flush()
            self.say_bulk(BULK_A_ROUND)
            self.worst |= links_between(self.nodes)

    def thaw(self):
        missed = next(c["missed"] for c in self.hub.status()["consumers"] if c["id"] == "frozen")
        self.screen.say(f"demo: the frozen one has missed {missed} messages so far; it is thawed")
        self.frozen.tell(signal.SIGCONT)
        self.states["frozen"] = "SIGCONT"
        held = lambda: next(c["bytes_held"] for c in self.hub.status()["consumers"] if c["id"] == "frozen")
        until("the thawed consumer to read what was held for it", lambda: held() < BULK_BYTES)
        self.say_bulk(1)
        last = max(self.bulk_seen)
        until("the thawed consumer to be up to date", lambda: last in numbers(self.frozen)[0])

    def wait_for_all(self):
        try:
            until("every message", lambda: sum(self.followed().values()) >= sum(self.sent.values()) and
                  sum(self.worked.values()) >= sum(self.for_workers().values()))
        except SystemExit as late:
            self.screen.say(str(late))
        self.worst |= links_between(self.nodes)

    def followed(self):
        return collections.Counter(identity(m["subject"], m["data"]) for f in self.followers for m in f.messages())

    def for_workers(self):
        return collections.Counter({one: n for one, n in self.sent.items() if one[0] != f"topic.{BLOCK}"})

    def verdict(self):
        """The last line, and whether all is well."""
        got, wanted = self.followed() + self.worked, self.sent + self.for_workers()
        lost, extra = sum((wanted - got).values()), sum((got - wanted).values())
        lost += self.bulk_sent - len(set(self.bulk_seen.values()))
        duplicates = sum(count - 1 for count in self.worst.values())
        read, told = numbers(self.frozen)
        missed = {n for n in self.bulk_seen if n not in read}
        untold = len(missed ^ told) + abs(self.told - len(told))
        delivered = sum((got & wanted).values()) + len(self.bulk_seen)
        line = (f"demo: links={len(self.worst)} consumers={self.n_consumers} delivered={delivered} "
                f"lost={lost} duplicate_links={duplicates} doubled={extra} "
                f"gap={len(missed)} told={len(missed & told)} untold={untold}")
        return line, not (lost or extra or duplicates or untold) and len(self.worst) == 3 and len(missed) > 0

    def stop(self):
        for client in self.clients:
            client.close()
        for program in self.programs:
            program.end()
        for node in self.nodes:
            node.stop()

    def kill(self):
        for process in [p.process for p in self.programs] + [n.process for n in self.nodes]:
            if process.poll() is None:
                process.kill()


def identity(subject, message):
    """What makes an announcement itself: where it was said, who says so, and all of it."""
    return subject, json.loads(message)["name"], message


def numbers(program):
    """Which messages of its topic a program has read, and which it was told it had missed."""
    read, told = set(), set()
    for message in program.messages():
        read.add(int(message["headers"]["Pl-Seq"]))
        if "Pl-Gap" in message["headers"]:
            first, last = message["headers"]["Pl-Gap"].split("-")
            told |= set(range(int(first), int(last) + 1))
    return read, told


def main():
    screen, folder = Screen(), pathlib.Path(tempfile.mkdtemp(prefix="peerline-demo-"))
    demo = Demo(sys.argv[1], folder, screen)
    try:
        demo.start_nodes()
        demo.start_consumers()
        demo.publish()
        demo.thaw()
        demo.wait_for_all()
        line, good = demo.verdict()
        screen.end()
        demo.stop()
        print(line)
        if good:
            shutil.rmtree(folder)
        return 0 if good else 1
    finally:
        screen.end()
        demo.kill()


sys.exit(main())
