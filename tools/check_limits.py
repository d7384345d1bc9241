#!/usr/bin/env python3
"""Functions of at most 60 lines, complexity 15 and 6 parameters; .c of at most 800 lines, .h of at most 300.

Exceptions stand in tools/limits.exceptions, one per line: `path function|- reason`. An exception that is no longer
needed is an error as well: the list may only shrink. Complexity and length come from pmccabe, signatures from ctags.

And every maximum of src/base/limits.h is one: a limit that no code heeds is an error.
"""
import json
import pathlib
import re
import subprocess
import sys

LINES, COMPLEXITY, PARAMETERS, C_LINES, H_LINES = 60, 15, 6, 800, 300


def exceptions(root):
    listed = {}
    for line in (root / "tools/limits.exceptions").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            path, function, reason = line.split(None, 2)
            listed[(path, function)] = reason
    return listed


def functions(root, paths):
    """Yields (path, name, what is over its limit or None)."""
    out = subprocess.run(["pmccabe", *paths], cwd=root, capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        fields = line.split("\t")
        complexity, lines = int(fields[1]), int(fields[4])
        path, name = fields[5].split("(")[0], fields[5].split(": ")[-1]
        over = []
        if lines > LINES:
            over.append(f"{lines} lines (limit {LINES})")
        if complexity > COMPLEXITY:
            over.append(f"complexity {complexity} (limit {COMPLEXITY})")
        yield path, name, ", ".join(over)


def parameters(root, paths):
    command = ["ctags", "--output-format=json", "--fields=+S", "--kinds-C=f", "-f", "-", *paths]
    out = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        tag = json.loads(line)
        signature = tag.get("signature", "()")[1:-1]
        depth, count = 0, 1 if signature.strip() not in ("", "void") else 0
        for char in signature:
            depth += {"(": 1, ")": -1}.get(char, 0)
            count += char == "," and depth == 0
        over = f"{count} parameters (limit {PARAMETERS})" if count > PARAMETERS else ""
        yield tag["path"], tag["name"], over


def file_sizes(root, paths):
    for path in paths:
        lines = len((root / path).read_text().splitlines())
        limit = H_LINES if path.endswith(".h") else C_LINES
        yield path, "-", f"{lines} lines (limit {limit})" if lines > limit else ""


def dead_limits(root, paths):
    """Limits that stand in the header and nowhere else, not even in another limit."""
    header = "src/base/limits.h"
    words = " ".join((root / p).read_text() for p in paths if p != header)
    limits = (root / header).read_text()
    for name in re.findall(r"^#define (LIMIT_\w+)", limits, re.M):
        if not re.search(rf"\b{name}\b", words) and len(re.findall(rf"\b{name}\b", limits)) == 1:
            yield f"{header}: {name} limits nothing"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    paths = sorted(str(p.relative_to(root)) for d in ("src", "cli", "include") for p in (root / d).rglob("*.[ch]"))
    sources = [p for p in paths if p.endswith(".c")]
    if not sources:
        print("no sources found")
        return 1
    allowed, used, problems = exceptions(root), set(), []
    for path, name, over in [*functions(root, sources), *parameters(root, sources), *file_sizes(root, paths)]:
        if not over:
            continue
        if (path, name) in allowed:
            used.add((path, name))
        else:
            problems.append(f"{path}: {name}: {over}")
    problems += dead_limits(root, paths)
    problems += [f"tools/limits.exceptions: {p} {f}: no longer needed" for p, f in set(allowed) - used]
    print("\n".join(problems) if problems else f"{len(paths)} files within their limits, {len(allowed)} exceptions")
    return 1 if problems else 0


sys.exit(main())
