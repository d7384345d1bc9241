// What the kernel knows of the connections between two processes: the view that neither of them can embellish.

import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

const ESTABLISHED = '01'

function sockets (pid) {
  const inodes = new Set()
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const name = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))
      if (name) inodes.add(name[1])
    } catch { /* closed while we looked */ }
  }
  return inodes
}

function established () {
  const rows = []
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/)
      if (state === ESTABLISHED) rows.push({ local, remote, inode })
    }
  }
  return rows
}

// How many TCP connections have one end in one process and the other end in the other.
export function connectionsBetween (pid, other) {
  const [ours, theirs] = [sockets(pid), sockets(other)]
  const rows = established()
  const far = new Set(rows.filter(row => theirs.has(row.inode)).map(row => `${row.local} ${row.remote}`))
  return rows.filter(row => ours.has(row.inode) && far.has(`${row.remote} ${row.local}`)).length
}
