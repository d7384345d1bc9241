// Teranode-shaped gossip: block announcements in go-p2p-message-bus's envelope {"name","data"}.

export const TOPIC = 'teranode/bitcoin/1.0.0/mainnet-block'

// Mainnet's block 948351 as a node announces it. The header's bytes between its known ends are this test's own.
const HASH = '000000000000000001bc8a601dd5f0659d36a9b077808850375dfa2d9f009396'
const ROOT = '215b459eb39fb46220c591d89dffa89def1cf03f327765e6009b949aed741414'

export function blockAnnouncement (peerId, { clientName = 'judge', height = 948351, hash = HASH } = {}) {
  return {
    PeerID: peerId,
    ClientName: clientName,
    DataHubURL: 'http://127.0.0.1:8090/api/v1',
    Hash: hash,
    Height: height,
    Header: '0000003a' + '00'.repeat(32) + Buffer.from(ROOT, 'hex').reverse().toString('hex') + '00'.repeat(12),
    Coinbase: ''
  }
}

export function envelope (name, payload) {
  const data = Buffer.from(JSON.stringify(payload)).toString('base64')
  return Buffer.from(JSON.stringify({ name, data }))
}

export function openEnvelope (bytes) {
  const { name, data } = JSON.parse(Buffer.from(bytes).toString())
  return { name, payload: JSON.parse(Buffer.from(data, 'base64').toString()) }
}

// An announcement of ours, ready to publish.
export function announcement (peerId, options = {}) {
  return envelope(options.clientName ?? 'judge', blockAnnouncement(peerId, options))
}

// The four topics of mainnet, and what a node says on each. `peerId` is the author's, or it would be a forgery.
export const TOPICS = Object.fromEntries(['block', 'subtree', 'rejected-tx', 'node_status']
  .map(kind => [kind, `teranode/bitcoin/1.0.0/mainnet-${kind}`]))

const hex = number => number.toString(16).padStart(64, '0')

export const payloads = {
  block: (peerId, n) => blockAnnouncement(peerId, { height: n, hash: hex(n) }),
  subtree: (peerId, n) => ({
    PeerID: peerId, ClientName: 'judge', DataHubURL: 'http://127.0.0.1:8090/api/v1', Hash: hex(n)
  }),
  'rejected-tx': (peerId, n) => ({ PeerID: peerId, ClientName: 'judge', TxID: hex(n), Reason: 'fee too low' }),
  node_status: (peerId, n) => ({
    peer_id: peerId,
    client_name: 'judge',
    type: 'node_status',
    base_url: 'http://127.0.0.1:8090/api/v1',
    version: 'v0.16.0',
    commit_hash: '7b11e5d',
    best_block_hash: hex(n),
    best_height: n,
    fsm_state: 'RUNNING',
    start_time: 1_700_000_000,
    uptime: 12.5,
    miner_name: 'judge',
    listen_mode: 'full',
    chain_work: hex(n),
    storage: 'full'
  })
}
