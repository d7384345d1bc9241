#!/usr/bin/env python3
"""Includes look down only: each room may include itself, lower floors, and nothing else of ours.

Exit 1 names every line that breaks the rule.
"""
import pathlib
import re
import sys

FLOOR = {
    "base": 0, "wire": 1, "crypto": 1, "loop": 1, "store": 2, "net": 2, "peer": 3, "discover": 4, "route": 4,
    "share": 5, "serve": 6, "node": 7, "sim": 8,
}
# Rooms beside the tower, with all they may include.
BESIDE = {"client": {"base", "wire", "client"}, "line": {"base", "wire", "client", "node", "line"},
          "cli": {"base", "wire", "crypto", "loop", "client", "node", "cli"}}
# System headers that carry sockets: only these rooms may touch them.
SOCKETS = {"sys/socket.h", "netinet/in.h", "netdb.h", "uv.h", "ares.h", "poll.h", "sys/epoll.h", "sys/un.h"}
MAY_TOUCH_SOCKETS = {"loop", "client"}
# One file and one header at a time, each with its reason.
EXCEPTIONS = {
    ("cli/cmd_sub.c", "poll.h"),  # waits for a message or for a signal
    ("cli/line.c", "poll.h"),  # asks whether standard output or error would make the node wait
}


def may_include(room, other):
    if room in BESIDE:
        return other in BESIDE[room]
    if other not in FLOOR:
        return False
    return other == room or FLOOR[other] < FLOOR[room]


def check(path, room):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
        if not match:
            continue
        quote, name = match.groups()
        if quote == "<":
            excepted = ("/".join(path.parts[-2:]), name) in EXCEPTIONS
            if name in SOCKETS and room not in MAY_TOUCH_SOCKETS and not excepted:
                yield f"{path}:{number}: {room}/ may not know sockets: <{name}>"
            continue
        if name.startswith("peerline/"):
            continue
        other, slash, _ = name.partition("/")
        if not slash:
            yield f'{path}:{number}: includes are rooted: "{name}" names no room'
        elif not may_include(room, other):
            yield f'{path}:{number}: {room}/ may not include "{name}"'


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    problems, files = [], 0
    for folder in [*sorted((root / "src").iterdir()), root / "cli"]:
        for path in sorted(folder.rglob("*.[ch]")):
            files += 1
            problems += check(path.relative_to(root) if root == pathlib.Path(".") else path, folder.name)
    print("\n".join(problems) if problems else f"{files} files include downwards only")
    return 1 if problems or files == 0 else 0


sys.exit(main())
