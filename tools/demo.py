#!/usr/bin/env python3
"""Three nodes on one host, two consumers on one of them, Teranode-shaped announcements from the other two.

Ends with one line, computed from what the consumers logged and from the kernel's socket table:

    demo: links=3 consumers=2 delivered=120 lost=0 duplicate_links=0

Exit status 0 only if nothing was lost or doubled and no pair of nodes had two links at any look.
"""
import base64
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

PREFIX = "teranode/bitcoin/1.0.0/mainnet-"
BLOCK, SUBTREE, REJECTED = PREFIX + "block", PREFIX + "subtree", PREFIX + "rejected-tx"
WANTS = {"chaintracks": [BLOCK], "arcade": [SUBTREE, REJECTED]}
ROUNDS = 20
DEADLINE = time.monotonic() + 55

# Block 948351 of the main chain, as its announcement carried it.
BLOCK_HASH = "000000000000000001bc8a601dd5f0659d36a9b077808850375dfa2d9f009396"
SUBTREE_HASH = "dc86d92dd782fa56d4c01aa1e20d1e474eed53ffa9c05a4d4b67cdda49f6c7bd"
COINBASE = "30e099b7318973c83020132c6b1b77f0a6bade9a4d28d36c004076d8a674d7c6"
HEADER = ("0000003aec50312dac4b9f7c3e9eb2d70bdeeb22d6720fb463dc92030000000000000000141474ed"
          "9a949b00e66577323ff01cef9da8ff9dd891c52062b49fb39e455b21f52aff69e75b2518832584b7")
HUB = "http://127.0.0.1:8090/api/v1"


def until(what, poll):
    """Polls until `poll` gives something true; a demo that waits for ever is no demo."""
    while time.monotonic() < DEADLINE:
        result = poll()
        if result:
            return result
        time.sleep(0.05)
    raise SystemExit(f"demo: gave up waiting for {what}")


class Node:
    def __init__(self, program, folder, number, bootstrap):
        self.program, self.name = program, f"node{number}"
        self.data = folder / self.name
        self.log = open(folder / f"{self.name}.log", "w")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("P2P_", "PEERLINE_"))}
        environment.update(P2P_HOST=f"127.0.0.{number}", P2P_PORT="auto", PEERLINE_DOOR_PORT="auto",
                           PEERLINE_DATA=str(self.data), BOOTSTRAP_PEERS=",".join(bootstrap))
        self.environment = environment
        self.process = subprocess.Popen([program, "run"], env=environment, stdout=self.log, stderr=self.log)
        self.info = until(f"{self.name} to listen", self.read_info)
        self.peer_id, self.address = self.info["peer_id"], self.info["listen"][0]

    def read_info(self):
        if self.process.poll() is not None:
            raise SystemExit(f"demo: {self.name} ended at once, see {self.log.name}")
        try:
            return json.loads((self.data / "run.json").read_text())
        except (OSError, ValueError):
            return None

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments], env=self.environment, text=True, check=True,
                              capture_output=True).stdout

    def status(self):
        return json.loads(self.run("status", "--json"))

    def mesh(self):
        return {t["topic"]: t["mesh"] for t in self.status()["topics"]}

    def publish(self, topic, announcement):
        data = base64.b64encode(json.dumps(announcement, separators=(",", ":")).encode()).decode()
        self.run("pub", topic, json.dumps({"name": self.name, "data": data}, separators=(",", ":")))

    def consumer(self, name, topics, folder):
        log = open(folder / f"{self.name}.{name}.log", "w")
        return subprocess.Popen([self.program, "sub", *topics, "--json", "--name", name], env=self.environment,
                                stdout=log, stderr=subprocess.STDOUT), pathlib.Path(log.name)

    def stop(self):
        self.process.terminate()
        if self.process.wait(timeout=10) != 0:
            raise SystemExit(f"demo: {self.name} ended with {self.process.returncode}, see {self.log.name}")


def established():
    """All established TCP connections: {(local, remote): inode}."""
    table = {}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "01":
            table[(fields[1], fields[2])] = fields[9]
    return table


def links_between(nodes):
    """Counts connections for each pair of node processes, as the kernel sees them."""
    owner = {}
    for node in nodes:
        for entry in pathlib.Path(f"/proc/{node.process.pid}/fd").iterdir():
            try:
                target = os.readlink(entry)
            except OSError:
                continue
            if target.startswith("socket:["):
                owner[target[8:-1]] = node.name
    table, pairs = established(), collections.Counter()
    for (local, remote), inode in table.items():
        other = table.get((remote, local))
        if other and local < remote and inode in owner and other in owner:
            pairs[frozenset((owner[inode], owner[other]))] += 1
    return pairs


def of_round(digest, number):
    """Another hash in each round: nobody may announce the same one again and again (docs/control.md)."""
    return f"{digest[:-4]}{number:04x}"


def announcements(node, number):
    common = {"PeerID": node.peer_id, "ClientName": node.name, "DataHubURL": HUB}
    yield BLOCK, {**common, "Hash": of_round(BLOCK_HASH, number), "Height": 948351, "Header": HEADER, "Coinbase": "",
                  "Round": number}
    yield SUBTREE, {**common, "Hash": of_round(SUBTREE_HASH, number), "Round": number}
    yield REJECTED, {**common, "TxID": of_round(COINBASE, number), "Reason": f"demo round {number}"}


def identity(topic, message):
    """What makes an announcement itself: topic, sender and content."""
    return topic, json.loads(message)["name"], message


def received(log):
    """Every line of a `sub --json` log is one message."""
    for line in log.read_text().splitlines():
        if line.startswith("{"):
            message = json.loads(line)
            yield identity(message["subject"].removeprefix("topic."), message["data"])


def main():
    program, folder = sys.argv[1], pathlib.Path(tempfile.mkdtemp(prefix="peerline-demo-"))
    nodes, consumers, watchers, worst = [], [], [], collections.Counter()
    try:
        for number in (1, 2, 3):
            nodes.append(Node(program, folder, number, [n.address for n in nodes]))
        hub, publishers = nodes[0], nodes[1:]
        print(f"demo: three nodes are up; logs in {folder}")
        until("three links", lambda: all(n.status()["peers"] == 2 for n in nodes))

        topics = [BLOCK, SUBTREE, REJECTED]
        consumers = [hub.consumer(name, wanted, folder) for name, wanted in WANTS.items()]
        watchers = [n.consumer("watcher", topics, folder)[0] for n in publishers]
        until("the meshes", lambda: all(n.mesh().get(t, 0) >= 2 for n in nodes for t in topics))
        print(f"demo: {len(WANTS)} consumers share {hub.name}'s links; publishing from node2 and node3")

        sent = collections.Counter()
        for number in range(ROUNDS):
            for node in publishers:
                for topic, announcement in announcements(node, number):
                    node.publish(topic, announcement)
                    data = base64.b64encode(json.dumps(announcement, separators=(",", ":")).encode()).decode()
                    sent[identity(topic, json.dumps({"name": node.name, "data": data}, separators=(",", ":")))] += 1
            worst |= links_between(nodes)

        def all_there():
            return sum(len(list(received(log))) for _, log in consumers) >= sum(sent.values())
        try:
            until("every message", all_there)
        except SystemExit as late:
            print(late)
        got = collections.Counter(m for _, log in consumers for m in received(log))
        lost, extra = sum((sent - got).values()), sum((got - sent).values())
        worst |= links_between(nodes)
        duplicates = sum(count - 1 for count in worst.values())
        for process in watchers + [c[0] for c in consumers]:
            process.terminate()
            process.wait(timeout=10)
        for node in nodes:
            node.stop()
        print(f"demo: links={len(worst)} consumers={len(WANTS)} delivered={sum((got & sent).values())} "
              f"lost={lost} duplicate_links={duplicates}")
        good = lost == 0 and extra == 0 and duplicates == 0 and len(worst) == 3
        if good:
            shutil.rmtree(folder)
        return 0 if good else 1
    finally:
        for process in [c[0] for c in consumers] + watchers + [n.process for n in nodes]:
            if process.poll() is None:
                process.kill()


sys.exit(main())
