"""What is shown: lines, and below them, on a terminal, a table of the consumers that lives while the demo runs."""
import sys
import threading

COLUMNS = (("consumer", 14), ("delivered", 10), ("missed", 8), ("held", 10))


class Screen:
    def __init__(self):
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.lines, self.shown = [], 0
        self.live = sys.stdout.isatty()

    def say(self, text):
        with self.lock:
            self.erase()
            print(text, flush=True)
            self.draw()

    def watch(self, client, states):
        """Shows the table from now on; `states` says of some consumers what is being done to them."""
        if self.live:
            threading.Thread(target=self.refresh, args=(client, states), daemon=True).start()

    def refresh(self, client, states):
        while not self.ended.wait(0.2):
            rows = client.ask("STATUS")["consumers"]
            with self.lock:
                self.erase()
                self.lines = [] if self.ended.is_set() else list(table(rows, states))
                self.draw()

    def end(self):
        with self.lock:
            self.ended.set()
            self.erase()
            self.lines = []

    def erase(self):
        if self.shown:
            print(f"\x1b[{self.shown}A\x1b[J", end="")
            self.shown = 0

    def draw(self):
        for line in self.lines:
            print(line)
        self.shown = len(self.lines)
        sys.stdout.flush()


def row(cells):
    """The consumer's name to the left, its figures to the right."""
    name, *figures = zip(cells, (width for _, width in COLUMNS))
    return f"  {name[0]:<{name[1]}}" + "".join(f"{figure:>{width}}" for figure, width in figures)


def table(consumers, states):
    yield row([title for title, _ in COLUMNS])
    for one in sorted(consumers, key=lambda one: one["id"]):
        if one["id"] in ("demo", "screen"):
            continue
        cells = [one["id"], one["delivered"], one["missed"], one["bytes_held"]]
        yield f"{row(cells)}  {states.get(one['id'], '')}"
