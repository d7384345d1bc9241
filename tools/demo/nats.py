"""As much of the NATS client protocol as the demo needs. On the Unix socket the same user needs no token."""
import json
import queue
import socket
import threading

# Long enough for a busy machine; a node that says nothing for so long is gone.
PATIENCE = 20


class Message:
    def __init__(self, subject, headers, data):
        self.subject, self.headers, self.data = subject, headers, data


def headers_of(block):
    lines = block.decode(errors="replace").split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines if ": " in line)


class Client:
    """One connection. What arrives is handed to the subscription's function, on a thread of the connection's own."""

    def __init__(self, path, name):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb")
        self.functions, self.pongs, self.answers = {}, queue.Queue(), queue.Queue()
        self.sending = threading.Lock()
        options = {"verbose": False, "headers": True, "no_responders": True, "name": name}
        self.stream.readline()
        self.send(f"CONNECT {json.dumps(options)}\r\n".encode())
        threading.Thread(target=self.read, daemon=True).start()
        self.inbox = f"_INBOX.{name}.answer"
        self.subscribe(self.inbox, self.answers.put)

    def send(self, data):
        with self.sending:
            self.socket.sendall(data)

    def read(self):
        try:
            while line := self.stream.readline():
                self.on_line(line)
        except (OSError, ValueError):
            pass  # closed, here or there

    def on_line(self, line):
        verb, *fields = line.decode().split()
        if verb == "PING":
            self.send(b"PONG\r\n")
        elif verb == "PONG":
            self.pongs.put(None)
        elif verb in ("MSG", "HMSG"):
            n_head, total = int(fields[-2]) if verb == "HMSG" else 0, int(fields[-1])
            body = self.stream.read(total + 2)
            self.functions[fields[1]](Message(fields[0], headers_of(body[:n_head]), body[n_head:total]))

    def subscribe(self, subject, function, group=""):
        sid = str(len(self.functions) + 1)
        self.functions[sid] = function
        self.send(f"SUB {subject} {group} {sid}\r\n".encode())

    def publish(self, subject, data, reply=""):
        self.send(f"PUB {subject} {reply} {len(data)}\r\n".encode() + data + b"\r\n")

    def flush(self):
        """The node has read everything that was sent."""
        self.send(b"PING\r\n")
        self.pongs.get(timeout=PATIENCE)

    def ask(self, verb):
        self.publish(f"$PL.API.{verb}", b"{}", self.inbox)
        return json.loads(self.answers.get(timeout=PATIENCE).data)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
