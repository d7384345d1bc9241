// Package p2p gives Go services one shared line to a libp2p gossip network: the one that a peerline on this host holds.
//
// It offers what github.com/bsv-blockchain/go-p2p-message-bus offers, the Client interface with its Message and
// PeerInfo, and the SharedP2PManager that services register with, so that a service migrates by changing an import.
// It opens no connection to a peer: it attaches to the node (`peerline run`) with the NATS client protocol, and the
// node has one link to every peer, however many services share it.
//
//	manager, err := p2p.NewSharedP2PManager(&p2p.Config{ProcessName: "shared-node", TopicPrefix: "mainnet"}, logger)
//	err = manager.Start(ctx)
//	blocks, err := manager.Subscribe("chaintracks", "block") // teranode/bitcoin/1.0.0/mainnet-block
//
// A connection that is lost, because the node restarts or for any other reason, is made again for as long as the Conn is
// open, and its subscriptions with it. What was missed is told: see Gap.
package p2p
