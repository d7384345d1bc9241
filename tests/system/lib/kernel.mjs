// What the kernel says about a process's TCP sockets: the judge of "exactly one link" that no program can talk round.

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

// How many established TCP connections a node has with peers: all but those of its door.
export function peerConnections (node) {
  const door = Number(new URL(node.door).port)
  const withPeer = one => one.state === ESTABLISHED && one.local.port !== door && one.remote.port !== door
  return tcpSockets(node.pid).filter(withPeer).length
}

// Which loopback ports the process listens on.
export function listeningPorts (pid) {
  return tcpSockets(pid).filter(one => one.state === LISTEN).map(one => one.local.port)
}

export function residentKiB (pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
}

export const openDescriptors = pid => readdirSync(`/proc/${pid}/fd`).length
