// Stands in for go-p2p-message-bus, in the go.mod of a program whose code, or whose dependencies' code, uses that:
//
//	require github.com/bsv-blockchain/go-p2p-message-bus v0.1.22
//	replace github.com/bsv-blockchain/go-p2p-message-bus => …/peerline/bindings/go/messagebus
//
// A replacement bears the name of what it replaces.
module github.com/bsv-blockchain/go-p2p-message-bus

go 1.25.7

require (
	github.com/libp2p/go-libp2p v0.48.0
	github.com/peerline/peerline/bindings/go v0.0.0
)

require (
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.4.0 // indirect
	github.com/klauspost/compress v1.17.9 // indirect
	github.com/nats-io/nats.go v1.38.0 // indirect
	github.com/nats-io/nkeys v0.4.9 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	golang.org/x/crypto v0.48.0 // indirect
	golang.org/x/sys v0.41.0 // indirect
	google.golang.org/protobuf v1.36.6 // indirect
)

replace github.com/peerline/peerline/bindings/go => ..
