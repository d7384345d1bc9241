// Package p2p has the four messages that go-teranode-p2p-client hands to its callers. The client is the real one, from
// its module; Teranode itself, which would bring a database, a cloud client and a hundred other modules for these four
// structs, is not. Field names are the ones on the wire.
package p2p

// BlockMessage tells of a block. No tags: the wire has Go's names.
type BlockMessage struct {
	PeerID     string
	ClientName string
	DataHubURL string
	Hash       string
	Height     uint32
	Header     string
	Coinbase   string
}

// SubtreeMessage tells of a subtree, a piece of the block to come.
type SubtreeMessage struct {
	PeerID     string
	ClientName string
	DataHubURL string
	Hash       string
}

// RejectedTxMessage tells of a transaction that was refused, and why.
type RejectedTxMessage struct {
	PeerID     string
	ClientName string
	TxID       string
	Reason     string
}

// NodeStatusMessage is what a node says of itself every ten seconds; the fields that every node sends.
type NodeStatusMessage struct {
	PeerID        string  `json:"peer_id"`
	ClientName    string  `json:"client_name"`
	Type          string  `json:"type"`
	BaseURL       string  `json:"base_url"`
	Version       string  `json:"version"`
	CommitHash    string  `json:"commit_hash"`
	BestBlockHash string  `json:"best_block_hash"`
	BestHeight    uint32  `json:"best_height"`
	FSMState      string  `json:"fsm_state"`
	StartTime     int64   `json:"start_time"`
	Uptime        float64 `json:"uptime"`
	MinerName     string  `json:"miner_name"`
	ListenMode    string  `json:"listen_mode"`
	ChainWork     string  `json:"chain_work"`
	Storage       string  `json:"storage"`
}
