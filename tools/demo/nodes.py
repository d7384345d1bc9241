"""The nodes, and what the kernel says about the connections between them."""
import collections
import json
import os
import pathlib
import subprocess
import time

from nats import Client

DEADLINE = time.monotonic() + 55


def until(what, poll):
    """Polls until `poll` gives something true; a demo that waits for ever is no demo."""
    while time.monotonic() < DEADLINE:
        result = poll()
        if result:
            return result
        time.sleep(0.05)
    raise SystemExit(f"demo: gave up waiting for {what}")


class Node:
    def __init__(self, program, folder, number, bootstrap, **settings):
        self.program, self.name, self.folder = program, f"node{number}", folder
        self.data = folder / self.name
        self.log = open(folder / f"{self.name}.log", "w")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("P2P_", "PEERLINE_"))}
        environment.update(P2P_HOST=f"127.0.0.{number}", P2P_PORT="auto", PEERLINE_DOOR_PORT="auto",
                           PEERLINE_DATA=str(self.data), BOOTSTRAP_PEERS=",".join(bootstrap), **settings)
        self.environment = environment
        self.process = subprocess.Popen([program, "run"], env=environment, stdout=self.log, stderr=self.log)
        self.info = until(f"{self.name} to listen", self.read_info)
        self.peer_id, self.address = self.info["peer_id"], self.info["listen"][0]
        self.client = Client(self.info["socket"], "demo")

    def read_info(self):
        if self.process.poll() is not None:
            raise SystemExit(f"demo: {self.name} ended at once, see {self.log.name}")
        try:
            return json.loads((self.data / "run.json").read_text())
        except (OSError, ValueError):
            return None

    def status(self):
        return self.client.ask("STATUS")

    def mesh(self):
        return {t["topic"]: t["mesh"] for t in self.status()["topics"]}

    def stop(self):
        self.client.close()
        self.process.terminate()
        if self.process.wait(timeout=10) != 0:
            raise SystemExit(f"demo: {self.name} ended with {self.process.returncode}, see {self.log.name}")


class Program:
    """A consumer in a process of its own: `peerline sub --json`, whose log has one line a message."""

    def __init__(self, node, name, topics):
        self.name, self.path = name, node.folder / f"{node.name}.{name}.log"
        with open(self.path, "w") as log:
            self.process = subprocess.Popen([node.program, "sub", *topics, "--json", "--name", name],
                                            env=node.environment, stdout=log, stderr=subprocess.STDOUT)

    def messages(self):
        for line in self.path.read_text().splitlines():
            try:
                message = json.loads(line)
            except ValueError:
                continue  # the last line of who was killed
            yield message

    def tell(self, signal):
        self.process.send_signal(signal)

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=10)


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
