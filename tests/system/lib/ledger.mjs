// Who published what, who got it, and who should have: the book of a run in which peers come and go.
//
// A life is one start of one member, up to its kill. A life must get a message of a topic exactly once if it was in the
// mesh of that topic (opened) before the message was given to its publisher, and lived on for the time of flight after
// the publisher had taken it. That time is a second; on a machine so busy that one message in a thousand takes longer to
// arrive, it is as long as that one took, and at most five. Excused, and counted apart, is what its publisher's or its
// receiver's kill overtook, and what a go node says it threw away because a queue of its own was full. Getting a message
// twice in one life is never excused.

const FLIGHT_MS = [1000, 5000]

export class Ledger {
  #messages = new Map()
  #lives = []
  #thrownAway = new Map()
  #latencies = []

  // A life begins. → its record: open(topic) when it is in that topic's mesh, got(id), end().
  life (member, kind, clock) {
    const life = {
      member,
      kind,
      opened: new Map(),
      endedAt: Infinity,
      counts: new Map(),
      open: topic => { if (!life.opened.has(topic)) life.opened.set(topic, clock()) },
      got: id => {
        life.counts.set(id, (life.counts.get(id) ?? 0) + 1)
        const message = this.#messages.get(id)
        if (message) this.#latencies.push(clock() - message.at)
      },
      end: () => { life.endedAt = clock() }
    }
    this.#lives.push(life)
    return life
  }

  // `life` published this; whether it expects it back (a local consumer beside the publisher does) is `echoed`.
  published (id, topic, life, at, echoed = false) {
    this.#messages.set(id, { id, topic, life, at, echoed, takenAt: Infinity })
  }

  // Its publisher has taken it.
  taken (id, at) { this.#messages.get(id).takenAt = at }

  // Somebody says so himself.
  thrownAway (id, member) { this.#thrownAway.set(id, member) }

  // Milliseconds from publication to arrival that this part of all arrivals did not exceed.
  latency (part) {
    const sorted = Float64Array.from(this.#latencies).sort()
    return sorted[Math.floor(part * (sorted.length - 1))] ?? 0
  }

  // → { rows: by kind of receiver, lost: [{ id, topic, from, to }], doubled: [{ id, to, count }], missing }
  // `missing` counts what may still come.
  settle () {
    const flight = Math.min(Math.max(this.latency(0.999), FLIGHT_MS[0]), FLIGHT_MS[1])
    const rows = new Map()
    const lost = []
    const doubled = []
    for (const life of this.#lives) {
      const row = rows.get(life.kind) ?? fresh(life.kind)
      rows.set(life.kind, row)
      row.lives++
      for (const message of this.#messages.values()) this.#judge(life, message, flight, row, lost)
      for (const [id, count] of life.counts) {
        if (!this.#messages.has(id)) throw new Error(`${life.member} got ${id}, which nobody published`)
        if (count === 1) continue
        row.duplicates += count - 1
        doubled.push({ id, to: life.member, count })
      }
    }
    return { rows: [...rows.values()], lost, doubled, missing: lost.length, flight }
  }

  #judge (life, message, flight, row, lost) {
    const own = message.life === life
    if (own) row.published++
    const got = life.counts.has(message.id)
    if (own && !message.echoed) return
    const opened = life.opened.get(message.topic)
    if (!(opened <= message.at) || message.at > life.endedAt) {
      if (got) row.early++
      return
    }
    if (got) {
      row.expected++
      row.received++
      return
    }
    if (message.takenAt + flight > life.endedAt && life.endedAt < Infinity) row.receiverKilled++
    else if (message.takenAt + flight > message.life.endedAt && message.life.endedAt < Infinity) row.publisherKilled++
    else if (this.#thrownAway.has(message.id)) row.thrownAway++
    else {
      row.expected++
      lost.push({ id: message.id, topic: message.topic, from: message.life.member, to: life.member, at: message.at })
    }
  }
}

function fresh (kind) {
  return {
    kind,
    lives: 0,
    published: 0,
    expected: 0,
    received: 0,
    duplicates: 0,
    receiverKilled: 0,
    publisherKilled: 0,
    thrownAway: 0,
    early: 0
  }
}

const COLUMNS = [
  ['kind', 'receivers'], ['lives', 'lives'], ['published', 'published'], ['expected', 'expected'], ['received', 'received'],
  ['duplicates', 'duplicates'], ['receiverKilled', 'excused: it was killed'],
  ['publisherKilled', 'excused: publisher killed'], ['thrownAway', 'excused: go threw it away'], ['early', 'before its mesh']
]

// The rows as lines of text, with a sum.
export function table (rows) {
  const sum = { ...fresh('all') }
  for (const row of rows) for (const [key] of COLUMNS.slice(1)) sum[key] += row[key]
  const cells = [COLUMNS.map(([, title]) => title), ...[...rows, sum].map(row => COLUMNS.map(([key]) => String(row[key])))]
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map(line => line[column].length)))
  return cells.map(line => line.map((cell, column) => column ? cell.padStart(widths[column]) : cell.padEnd(widths[column])).join('  '))
}

// Who missed how much of whom, and when: for the message of a failing test.
export function summary (lost) {
  const sums = new Map()
  for (const { from, to, at } of lost) {
    const sum = sums.get(`${from} → ${to}`) ?? { count: 0, first: Infinity, last: 0 }
    sums.set(`${from} → ${to}`, { count: sum.count + 1, first: Math.min(sum.first, at), last: Math.max(sum.last, at) })
  }
  const seconds = ms => (ms / 1000).toFixed(2)
  return [...sums].map(([pair, sum]) => `${pair}: ${sum.count}, published ${seconds(sum.first)} to ${seconds(sum.last)} s`).join('\n')
}
