// Programs of Teranode's world, unmodified, with a peerline in the message bus's place: the first two replacements are
// all that makes them share one line. The third one spares them Teranode itself, of which they use four structs.
module peerline.test/shared

go 1.26.3

require (
	github.com/bsv-blockchain/go-chaintracks v1.2.4
	github.com/bsv-blockchain/go-p2p-message-bus v0.1.22
	github.com/bsv-blockchain/go-teranode-p2p-client v0.2.8
	github.com/peerline/peerline/bindings/go v0.0.0
	peerline.test/bus v0.0.0
)

require (
	github.com/bsv-blockchain/go-sdk v1.2.24 // indirect
	github.com/bsv-blockchain/teranode v0.16.0-beta-2 // indirect
	github.com/decred/dcrd/dcrec/secp256k1/v4 v4.4.1 // indirect
	github.com/fsnotify/fsnotify v1.10.1 // indirect
	github.com/go-viper/mapstructure/v2 v2.5.0 // indirect
	github.com/klauspost/compress v1.19.0 // indirect
	github.com/libp2p/go-libp2p v0.48.0 // indirect
	github.com/nats-io/nats.go v1.38.0 // indirect
	github.com/nats-io/nkeys v0.4.9 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	github.com/pelletier/go-toml/v2 v2.4.2 // indirect
	github.com/sagikazarmark/locafero v0.12.0 // indirect
	github.com/spf13/afero v1.15.0 // indirect
	github.com/spf13/cast v1.10.0 // indirect
	github.com/spf13/pflag v1.0.10 // indirect
	github.com/spf13/viper v1.21.0 // indirect
	github.com/subosito/gotenv v1.6.0 // indirect
	go.yaml.in/yaml/v3 v3.0.4 // indirect
	golang.org/x/crypto v0.54.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.40.0 // indirect
	google.golang.org/protobuf v1.36.12-0.20260120151049-f2248ac996af // indirect
)

replace github.com/bsv-blockchain/go-p2p-message-bus => ../../../bindings/go/messagebus

replace github.com/peerline/peerline/bindings/go => ../../../bindings/go

replace peerline.test/bus => ../go-bus

replace github.com/bsv-blockchain/teranode => ../go-bus/teranode_types
