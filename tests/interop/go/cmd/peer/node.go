// The node itself: its key, its host, who is connected, what identify said.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/multiformats/go-multiaddr"

	"peerline.test/interop/perf"
)

type options struct {
	listen, keyType, keyFile, security, agent string
	gossip, limits                            bool
}

type node struct {
	ctx    context.Context
	host   host.Host
	gossip *pubsub.PubSub

	mu       sync.Mutex
	topics   map[string]*joined
	observed map[peer.ID]event.EvtPeerIdentificationCompleted
}

func newNode(ctx context.Context, o options) (*node, error) {
	key, err := loadKey(o.keyFile, o.keyType)
	if err != nil {
		return nil, err
	}
	opts := []libp2p.Option{
		libp2p.Identity(key), libp2p.ListenAddrStrings(o.listen), libp2p.Transport(tcp.NewTCPTransport),
		libp2p.ProtocolVersion("/teranode/bitcoin/mainnet/1.0.0"),
	}
	if !o.limits {
		opts = append(opts, libp2p.ResourceManager(&network.NullResourceManager{}))
	}
	switch o.security {
	case "default":
	case "noise":
		opts = append(opts, libp2p.Security(noise.ID, noise.New))
	case "tls":
		opts = append(opts, libp2p.Security(libp2ptls.ID, libp2ptls.New))
	default:
		return nil, fmt.Errorf("no such security: %s", o.security)
	}
	if o.agent != "" {
		opts = append(opts, libp2p.UserAgent(o.agent))
	}
	h, err := libp2p.New(opts...)
	if err != nil {
		return nil, err
	}
	n := &node{
		ctx: ctx, host: h, topics: map[string]*joined{},
		observed: map[peer.ID]event.EvtPeerIdentificationCompleted{},
	}
	perf.Serve(h)
	if err := n.watch(); err != nil {
		return nil, err
	}
	if o.gossip {
		n.gossip, err = pubsub.NewGossipSub(ctx, h, pubsub.WithPeerExchange(true), pubsub.WithRawTracer(tracer{}))
	}
	return n, err
}

func (n *node) close() { _ = n.host.Close() }

// watch reports links as they come and go, and what identify (or a later push) tells.
func (n *node) watch() error {
	n.host.Network().Notify(&network.NotifyBundle{
		ConnectedF:    func(_ network.Network, c network.Conn) { say(n.linkEvent("connected", c)) },
		DisconnectedF: func(_ network.Network, c network.Conn) { say(n.linkEvent("disconnected", c)) },
	})
	sub, err := n.host.EventBus().Subscribe([]any{
		new(event.EvtPeerIdentificationCompleted), new(event.EvtPeerProtocolsUpdated), new(event.EvtPeerIdentificationFailed),
	})
	if err != nil {
		return err
	}
	go func() {
		for e := range sub.Out() {
			n.onIdentify(e)
		}
	}()
	return nil
}

func (n *node) onIdentify(e any) {
	switch e := e.(type) {
	case event.EvtPeerIdentificationCompleted:
		n.mu.Lock()
		n.observed[e.Peer] = e
		n.mu.Unlock()
		say(answer{"event": "identified", "peer_id": e.Peer.String(), "agent": e.AgentVersion,
			"protocols": e.Protocols, "protocol_version": e.ProtocolVersion})
	case event.EvtPeerProtocolsUpdated:
		say(answer{"event": "pushed", "peer_id": e.Peer.String(), "added": e.Added, "removed": e.Removed})
	case event.EvtPeerIdentificationFailed:
		say(answer{"event": "identify_failed", "peer_id": e.Peer.String(), "reason": fmt.Sprint(e.Reason)})
	}
}

func (n *node) linkEvent(kind string, c network.Conn) answer {
	return answer{"event": kind, "peer_id": c.RemotePeer().String(), "direction": direction(c.Stat().Direction),
		"connections": len(n.host.Network().ConnsToPeer(c.RemotePeer())), "address": c.RemoteMultiaddr().String()}
}

func (n *node) ready() answer {
	a, _ := info(n.ctx, n, request{})
	a["event"] = "ready"
	return a
}

func info(_ context.Context, n *node, _ request) (answer, error) {
	listen := []string{}
	for _, a := range n.host.Network().ListenAddresses() {
		if text := a.String(); !strings.Contains(text, "p2p-circuit") {
			listen = append(listen, text+"/p2p/"+n.host.ID().String())
		}
	}
	return answer{"peer_id": n.host.ID().String(), "listen": listen, "pid": os.Getpid(),
		"connections": len(n.host.Network().Conns())}, nil
}

func connect(ctx context.Context, n *node, r request) (answer, error) {
	address, err := multiaddr.NewMultiaddr(r.Address)
	if err != nil {
		return nil, err
	}
	to, err := peer.AddrInfoFromP2pAddr(address)
	if err != nil {
		return nil, err
	}
	if s, ok := n.host.Network().(*swarm.Swarm); ok {
		s.Backoff().Clear(to.ID)
	}
	n.host.Peerstore().ClearAddrs(to.ID)
	if err := n.host.Connect(ctx, *to); err != nil {
		return nil, err
	}
	links := n.host.Network().ConnsToPeer(to.ID)
	if len(links) == 0 {
		return nil, errors.New("connected, and gone again")
	}
	return describe(links[0]), nil
}

func disconnect(_ context.Context, n *node, r request) (answer, error) {
	id, err := peer.Decode(r.PeerID)
	if err != nil {
		return nil, err
	}
	return nil, n.host.Network().ClosePeer(id)
}

// connections lists the links to one peer, or all, with the streams on them.
func connections(_ context.Context, n *node, r request) (answer, error) {
	links := n.host.Network().Conns()
	if r.PeerID != "" {
		id, err := peer.Decode(r.PeerID)
		if err != nil {
			return nil, err
		}
		links = n.host.Network().ConnsToPeer(id)
	}
	list := []answer{}
	for _, c := range links {
		list = append(list, describe(c))
	}
	return answer{"connections": list}, nil
}

func describe(c network.Conn) answer {
	streams := []answer{}
	for _, s := range c.GetStreams() {
		streams = append(streams, answer{"protocol": s.Protocol(), "direction": direction(s.Stat().Direction)})
	}
	state := c.ConnState()
	return answer{"peer_id": c.RemotePeer().String(), "direction": direction(c.Stat().Direction),
		"local": c.LocalMultiaddr().String(), "remote": c.RemoteMultiaddr().String(), "security": state.Security,
		"muxer": state.StreamMultiplexer, "early_muxer": state.UsedEarlyMuxerNegotiation, "streams": streams}
}

func direction(d network.Direction) string {
	if d == network.DirInbound {
		return "inbound"
	}
	return "outbound"
}

// identified tells what the peer said of itself in its last identify or push.
func identified(_ context.Context, n *node, r request) (answer, error) {
	id, err := peer.Decode(r.PeerID)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	e, known := n.observed[id]
	n.mu.Unlock()
	if !known {
		return nil, errors.New("that peer has not been identified")
	}
	protocols, err := n.host.Peerstore().GetProtocols(id)
	if err != nil {
		return nil, err
	}
	listen := []string{}
	for _, a := range e.ListenAddrs {
		listen = append(listen, a.String())
	}
	key := n.host.Peerstore().PubKey(id)
	return answer{"agent": e.AgentVersion, "protocol_version": e.ProtocolVersion, "protocols": protocols,
		"listen": listen, "observed": fmt.Sprint(e.ObservedAddr), "signed_record": e.SignedPeerRecord != nil,
		"key_matches": key != nil && id.MatchesPublicKey(key)}, nil
}

// handle starts to speak one more protocol, which go-libp2p tells everybody by an identify push.
func handle(_ context.Context, n *node, r request) (answer, error) {
	n.host.SetStreamHandler(protocol.ID(r.Protocol), func(s network.Stream) { _ = s.Close() })
	return nil, nil
}

func unhandle(_ context.Context, n *node, r request) (answer, error) {
	n.host.RemoveStreamHandler(protocol.ID(r.Protocol))
	return nil, nil
}

// loadKey reads the key file, or makes a key and, where a file is named, keeps it there.
func loadKey(file, kind string) (crypto.PrivKey, error) {
	if file != "" {
		raw, err := os.ReadFile(file)
		if err == nil {
			return crypto.UnmarshalPrivateKey(raw)
		}
		if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	types := map[string]int{"ed25519": crypto.Ed25519, "rsa": crypto.RSA, "secp256k1": crypto.Secp256k1, "ecdsa": crypto.ECDSA}
	number, known := types[kind]
	if !known {
		return nil, fmt.Errorf("no such key type: %s", kind)
	}
	key, _, err := crypto.GenerateKeyPairWithReader(number, 2048, rand.Reader)
	if err != nil || file == "" {
		return key, err
	}
	raw, err := crypto.MarshalPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, os.WriteFile(file, raw, 0o600)
}
