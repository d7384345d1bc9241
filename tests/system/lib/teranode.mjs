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
