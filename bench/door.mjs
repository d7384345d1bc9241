// The door rows: Debian's nats-server and ours, the same publisher and the same raw readers (bench/door_load.c) over TCP
// loopback, in turn. Both servers run through a whole row; with a frozen reader nats-server begins anew each time, because
// it stands, or puts the reader out, after a while.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const SHAPES = [[8, 512, 2, 2], [64, 512, 2, 2], [8, 4096, 2.5, 2]] // readers, bytes, targets of door_cpu and door_rate
const SECONDS = 1.5
const REQUEST = { size: 128, inFlight: 64 }
const FROZEN = { readers: 8, size: 512, rate: 20000, seconds: 0.4, pairs: 12, restMs: 300 }
const END_TO_END = { rate: 1000, seconds: 4 }
const NATS = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'].find(at => existsSync(at))

// tools: { root, build, Program, ask, oursRun, inTurn, once, median, report, shape }
export function doorRows (tools) {
  const { root, build, Program, ask, oursRun, inTurn, once, median, report, shape } = tools
  const load = path.join(build, 'bench/bench_door_load')
  const micro = v => `${v.toFixed(3)}us`

  async function startNats () {
    if (!NATS) throw new Error('no nats-server here (apt-get install nats-server)')
    const data = mkdtempSync(path.join(tmpdir(), 'nats-bench-'))
    const child = spawn(NATS, ['-a', '127.0.0.1', '-p', '-1', '--auth', 'bench', '--ports_file_dir', data], { stdio: 'ignore' })
    const ended = new Promise(resolve => child.once('close', resolve))
    const written = () => readdirSync(data).find(name => name.endsWith('.ports'))
    const late = Date.now() + 5000
    while (!written() && Date.now() < late) await sleep(20)
    const { nats } = JSON.parse(readFileSync(path.join(data, written()), 'utf8'))
    return {
      door: new URL(nats[0]).host,
      token: 'bench',
      pid: child.pid,
      async end () {
        child.kill('SIGKILL')
        await ended
        rmSync(data, { recursive: true, force: true })
      }
    }
  }

  async function startOurs (env) {
    const node = await oursRun(env)
    return { listen: node.listen, door: new URL(node.ready.door).host, token: readFileSync(node.ready.token_file, 'utf8').trim(), pid: node.pid, end: () => node.end() }
  }

  const start = { ours: startOurs, nats: startNats }
  const askOf = (server, verb, ...words) => ask([load, verb, server.door, server.token, String(server.pid), ...words.map(String)])

  // Every measurement of the row on the same two servers; work(server) is one.
  async function sideBySide (work) {
    const servers = { ours: await startOurs(), nats: await startNats() }
    try {
      return await inTurn(['ours', 'nats'], name => work(servers[name]))
    } finally {
      for (const server of Object.values(servers)) await server.end()
    }
  }

  async function onNew (name, work) {
    const server = await start[name]()
    try {
      return await work(server)
    } finally {
      await server.end()
    }
  }

  const lostOf = list => list.reduce((sum, f) => sum + f.lost, 0)
  const nothingLost = list => { if (lostOf(list) > 0) throw new Error(`ours lost ${lostOf(list)} messages`) }

  // `readers`: how many; with ":own" no two have the same sid, and each needs lines of its own.
  const fanouts = (readers, size) => once(`fanout ${readers} ${size}`, () => sideBySide(server => askOf(server, 'fanout', readers, 0, size, SECONDS)))

  async function cpu () {
    for (const [readers, size, target] of SHAPES) {
      const figures = await fanouts(readers, size)
      nothingLost(figures.ours)
      report(`door_cpu_${readers}x${size}`, figures, { nats: target }, { pick: f => f.cpu_us, better: 'less', show: micro })
    }
  }

  async function rate () {
    for (const [readers, size, , target] of SHAPES) {
      const figures = await fanouts(readers, size)
      const floors = []
      for (const _ of figures.ours) floors.push((await ask([load, 'floor', String(readers), String(size), '0.5'])).deliveries_per_second)
      const floor = median(floors)
      const share = median(figures.ours.map(f => f.deliveries_per_second)) / floor
      const mine = median(figures.ours.map(f => f.load_cpu))
      nothingLost(figures.ours)
      report(`door_rate_${readers}x${size}`, figures, { nats: target }, {
        pick: f => f.deliveries_per_second,
        better: 'more',
        show: shape.rate,
        extra: ` floor=${shape.rate(floor)} share=${share.toFixed(2)} load_cpu=${mine.toFixed(2)}`
      })
    }
  }

  async function sids () {
    for (const [readers, size] of SHAPES) {
      const figures = await fanouts(`${readers}:own`, size)
      nothingLost(figures.ours)
      report(`door_sids_cpu_${readers}x${size}`, figures, { nats: null }, { pick: f => f.cpu_us, better: 'less', show: micro })
      report(`door_sids_rate_${readers}x${size}`, figures, { nats: null }, { pick: f => f.deliveries_per_second, better: 'more', show: shape.rate })
    }
  }

  async function request () {
    const figures = await sideBySide(server => askOf(server, 'request', REQUEST.size, SECONDS, REQUEST.inFlight))
    report('door_request', figures, { nats: 1.5 }, { pick: f => f.per_second, better: 'more', show: shape.rate })
  }

  // The same with and without one reader that never reads; of nats-server for comparison only, in words behind the row.
  // The difference is small and the machine's moods are not: many short runs in turn, all on one node.
  async function againstOwn (measure) {
    const server = await startOurs()
    const figures = { self: [], ours: [] }
    try {
      for (let pair = 0; pair < FROZEN.pairs; pair++) {
        for (const name of ['self', 'ours']) {
          figures[name].push(await measure(server, name === 'self' ? 0 : 1))
          await sleep(FROZEN.restMs)
        }
      }
      return figures
    } finally {
      await server.end()
    }
  }

  async function frozenAgainstOwn (verb, ...words) {
    const measure = (server, frozen) => askOf(server, verb, FROZEN.readers, frozen, FROZEN.size, FROZEN.seconds, ...words)
    const theirs = await inTurn(['nats_self', 'nats'], name => onNew('nats', server => measure(server, name === 'nats' ? 1 : 0)))
    return { ...await againstOwn(measure), ...theirs }
  }

  const shownIfAny = (list, show) => list.includes(null) ? 'stands' : show(median(list))
  const theirs = (figures, pick, show) => ` nats=${shownIfAny(figures.nats.map(pick), show)},unfrozen:${show(median(figures.nats_self.map(pick)))},lost:${lostOf(figures.nats)}`

  async function frozen () {
    const figures = await frozenAgainstOwn('fanout')
    const pick = f => f.published_per_second
    nothingLost(figures.ours)
    report('door_frozen', figures, { self: 0.95 }, { pick, better: 'more', show: shape.rate, extra: ` lost=0${theirs(figures, pick, shape.rate)}` })
  }

  async function frozenLatency () {
    const figures = await frozenAgainstOwn('paced', FROZEN.rate)
    const pick = f => f.p99_us
    nothingLost(figures.ours)
    const gaps = name => shape.time(Math.max(...figures[name].map(f => f.gap_us)))
    const extra = ` lost=0 gap=${gaps('ours')},unfrozen:${gaps('self')}${theirs(figures, pick, shape.time)}`
    report('door_frozen_p99', figures, { self: 1 / 1.5 }, { pick, better: 'less', show: shape.time, extra })
  }

  // One node publishes; the other one, with a stock client at its door, or go-p2p-message-bus hears it.
  async function endToEnd () {
    const { program } = await import(path.join(root, 'tests/interop/go/programs.mjs'))
    const latency = await program('latency', path.join(root, 'tests/interop/go-bus'))
    const n = END_TO_END.rate * END_TO_END.seconds
    const said = async (from, event) => { while ((await from.line()).event !== event) ; }

    async function hearer (name, from) {
      if (name === 'bus') return { program: new Program([latency, 'bus', `-n=${n}`, `-static=${from.listen}`]), end () {} }
      const node = await startOurs({ BOOTSTRAP_PEERS: from.listen })
      return { program: new Program([latency, 'nats', `-n=${n}`, `-url=${node.door}`, `-token=${node.token}`]), end: () => node.end() }
    }

    const figures = await inTurn(['ours', 'bus'], async name => {
      const from = await startOurs()
      const to = await hearer(name, from)
      const publisher = new Program([latency, 'publish', `-url=${from.door}`, `-token=${from.token}`, `-rate=${END_TO_END.rate}`, `-seconds=${END_TO_END.seconds}`])
      try {
        await said(publisher, 'ready')
        await said(to.program, 'heard')
        publisher.child.stdin.write('go\n')
        return await to.program.line()
      } finally {
        await publisher.end()
        await to.program.end()
        await to.end()
        await from.end()
      }
    })
    nothingLost(figures.ours)
    const extra = ` lost=ours:0,bus:${lostOf(figures.bus)}`
    report('door_end_to_end_p50', figures, { bus: 1 }, { pick: f => f.p50_us, better: 'less', show: shape.time, extra })
    report('door_end_to_end_p99', figures, { bus: 1 }, { pick: f => f.p99_us, better: 'less', show: shape.time, extra })
  }

  return { door_end_to_end: endToEnd, door_cpu: cpu, door_rate: rate, door_sids: sids, door_request: request, door_frozen: frozen, door_frozen_p99: frozenLatency }
}
