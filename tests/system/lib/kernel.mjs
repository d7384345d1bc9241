// What the kernel says about a process's TCP sockets: the judge of "exactly one link" that no program can talk round.

import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

const ESTABLISHED = '01'
const LISTEN = '0A'

function endpoint (hex) {
  const [address, port] = hex.split(':')
  return { address, port: parseInt(port, 16) }
}

function inodesOf (pid) {
  const inodes = new Set()
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    let target = ''
    try { target = readlinkSync(`/proc/${pid}/fd/${fd}`) } catch { continue }
    const socket = /^socket:\[(\d+)\]$/.exec(target)
    if (socket) inodes.add(socket[1])
  }
  return inodes
}

// The TCP sockets held by this process: [{ local, remote, state }], addresses as the kernel's hex.
export function tcpSockets (pid) {
  const inodes = inodesOf(pid)
  return ['tcp', 'tcp6'].flatMap(table => {
    const rows = readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1)
    return rows.map(row => row.trim().split(/\s+/))
      .filter(columns => inodes.has(columns[9]))
      .map(columns => ({ local: endpoint(columns[1]), remote: endpoint(columns[2]), state: columns[3] }))
  })
}

function socketsWithPeers (node) {
  const door = Number(new URL(node.door).port)
  const withPeer = one => one.state === ESTABLISHED && one.local.port !== door && one.remote.port !== door
  return tcpSockets(node.pid).filter(withPeer)
}

// How many established TCP connections a node has with peers: all but those of its door.
export const peerConnections = node => socketsWithPeers(node).length

// Bytes that the node's connections with peers have carried in both directions, by the kernel's own count.
export function peerBytes (node) {
  const wanted = new Set(socketsWithPeers(node).map(one => `${one.local.port} ${one.remote.port}`))
  const lines = execFileSync('ss', ['-tinOH', 'state', 'established'], { encoding: 'utf8' }).trim().split('\n')
  const count = (line, key) => Number(new RegExp(`\\b${key}:(\\d+)`).exec(line)?.[1] ?? 0)
  let sum = 0
  let found = 0
  for (const line of lines) {
    const [, , local, remote] = line.trim().split(/\s+/)
    if (!wanted.has(`${local.split(':').at(-1)} ${remote.split(':').at(-1)}`)) continue
    found++
    sum += count(line, 'bytes_acked') + count(line, 'bytes_received')
  }
  if (found !== wanted.size) throw new Error(`ss tells of ${found} of ${wanted.size} connections`)
  return sum
}

// Which loopback ports the process listens on.
export function listeningPorts (pid) {
  return tcpSockets(pid).filter(one => one.state === LISTEN).map(one => one.local.port)
}

export function residentKiB (pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
}

export const openDescriptors = pid => readdirSync(`/proc/${pid}/fd`).length
