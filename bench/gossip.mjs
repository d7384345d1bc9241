// The gossip rows: one relay between the generator's sender and its receivers (bench/gossip_load.c), each relay with a local
// subscriber that takes every message. Ours is the program people run, with a consumer at its door; where every peer is
// to be in the mesh, which no setting of it says, it is the same engine in a program of its own (bench/relay.c).

import { readFileSync } from 'node:fs'
import path from 'node:path'

const TOPIC = 'bench/gossip'
const SIZE = 1024
const WINDOWS = '8,12,16,20,24,32,64,256,1024'
const FANOUT = { size: 128, receivers: 50, degree: 60, windows: '1,2,4,8,16,32,64' }
const SWEEP_SECONDS = 0.4
const LATENCY = { rate: 1000, seconds: 3 }
const CPU = { rate: 2000, seconds: 4 }

// tools: { root, build, peers, Program, ask, oursRun, inTurn, once, median, report, shape }
export function gossipRows (tools) {
  const { root, build, peers, Program, ask, oursRun, inTurn, once, median, report, shape } = tools
  const load = path.join(build, 'bench/bench_gossip_load')

  // Cargo builds some 300 crates the first time: only for the row that needs it.
  const rust = () => once('rust', async () => {
    const { program, rustJudge } = await import(path.join(root, 'tests/interop/rust/programs.mjs'))
    if (rustJudge().skip) {
      console.log('bench: no Rust toolchain here: the row against rust is left out')
      return null
    }
    return program()
  })

  const commandOf = async (name, degree) => {
    if (name === 'ours') return [path.join(build, 'bench/bench_relay'), TOPIC, String(degree)]
    if (name === 'rust') return [await rust(), `--relay=${TOPIC}`, '--listen=/ip4/127.0.0.1/tcp/0']
    return [...peers[name], 'relay', TOPIC, String(degree)]
  }

  async function startOurs () {
    const node = await oursRun()
    const { door, token_file: token } = node.ready
    return { ...node, door: [new URL(door).host, readFileSync(token, 'utf8').trim()] }
  }

  async function startRelay (name, degree) {
    if (name === 'ours' && degree === 0) return startOurs()
    const relay = new Program(await commandOf(name, degree))
    const { listen } = await relay.line()
    return {
      listen: [listen].flat()[0],
      pid: relay.child.pid,
      door: [],
      async end () {
        if (name === 'ours') relay.child.kill('SIGTERM')
        await relay.end()
      }
    }
  }

  // words(relay): what the generator is asked.
  async function measured (name, degree, verb, ...words) {
    const relay = await startRelay(name, degree)
    try {
      return await ask([load, verb, relay.listen, String(relay.pid), ...words.map(String), ...relay.door])
    } finally {
      await relay.end()
    }
  }

  const sweep = name => measured(name, 0, 'windows', SIZE, 1, SWEEP_SECONDS, WINDOWS)
  const fanout = name => measured(name, FANOUT.degree, 'windows', FANOUT.size, FANOUT.receivers, SWEEP_SECONDS, FANOUT.windows)
  const paced = ({ rate, seconds }) => name => measured(name, 0, 'paced', SIZE, rate, seconds)

  const verified = async () => (await ask([load, 'verify', String(SIZE), '0.5'])).per_second

  const known = wanted => wanted.filter(name => name === 'ours' || name === 'rust' || peers[name])
  const each = (figures, show) => Object.entries(figures).map(([name, list]) => `${name}:${show(list)}`).join(',')
  const windowsOf = figures => ` window=${each(figures, list => median(list.map(f => f.best_window)))}`
  const lostOf = figures => ` lost=${each(figures, list => list.reduce((sum, f) => sum + f.lost, 0))}`
  const threadsOf = figures => ` threads=${each(figures, list => median(list.map(f => f.threads)))}`

  async function signed () {
    const names = known(['ours', 'js', 'go', ...(await rust() ? ['rust'] : [])])
    const { verify: verifies, ...figures } = await inTurn([...names, 'verify'], name => name === 'verify' ? verified() : sweep(name))
    const verify = median(verifies)
    const share = median(figures.ours.map(f => f.best)) / verify
    report('gossip_signed', figures, { js: 4, go: 2, rust: 1.2 }, {
      pick: f => f.best,
      better: 'more',
      show: shape.rate,
      extra: `${windowsOf(figures)}${threadsOf(figures)} verify=${shape.rate(verify)} share=${share.toFixed(2)}`
    })
  }

  async function wide () {
    const figures = await inTurn(known(['ours', 'go']), fanout)
    report('gossip_fanout', figures, { go: 2 }, {
      pick: f => f.best * FANOUT.receivers, better: 'more', show: shape.rate, extra: windowsOf(figures)
    })
  }

  async function latency () {
    const figures = await inTurn(known(['ours', 'js', 'go']), paced(LATENCY))
    const as = { better: 'less', show: shape.time, extra: lostOf(figures) }
    report('gossip_latency_p50', figures, { js: null, go: 2 }, { ...as, pick: f => f.p50_us })
    report('gossip_latency_p99', figures, { js: null, go: 2 }, { ...as, pick: f => f.p99_us })
  }

  async function cpu () {
    const figures = await inTurn(known(['ours', 'go']), paced(CPU))
    report('gossip_cpu', figures, { go: 2 }, {
      pick: f => f.cpu_us, better: 'less', show: shape.time, extra: `${threadsOf(figures)}${lostOf(figures)}`
    })
  }

  return { gossip_signed: signed, gossip_fanout: wide, gossip_latency: latency, gossip_cpu: cpu }
}
