// Stands in for Teranode itself, of which go-teranode-p2p-client uses four structs and nothing else.
module github.com/bsv-blockchain/teranode

go 1.25.7
