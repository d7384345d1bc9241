// Command peer is a real go-libp2p node that a test drives: one JSON request a line on standard input, one JSON answer
// or event a line on standard output. It is built the way Teranode's nodes are (TCP only, TLS before Noise, Yamux,
// gossipsub with strict signatures and peer exchange), so what it accepts, the network accepts.
//
//	{"id":1,"do":"connect","address":"/ip4/127.0.0.1/tcp/3000/p2p/12D3…"}   →   {"id":1,"peer_id":"12D3…",…}
//	{"id":2,"do":"ping","peer_id":"12D3…","count":3}                        →   {"id":2,"error":"…"} when it fails
//	events carry "event" and no id: ready, connected, disconnected, identified, topic_peer, mesh, message, rejected,
//	dropped, undeliverable, unwanted
//
// It ends at end of input, or on "close".
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"
)

// answer is one line of output.
type answer map[string]any

// request is one line of input; each command reads the fields it needs.
type request struct {
	ID        int      `json:"id"`
	Do        string   `json:"do"`
	Address   string   `json:"address"`
	PeerID    string   `json:"peer_id"`
	Topic     string   `json:"topic"`
	Name      string   `json:"name"`
	Data      []byte   `json:"data"`
	Envelope  bool     `json:"envelope"`
	Protocol  string   `json:"protocol"`
	Protocols []string `json:"protocols"`
	Count     int      `json:"count"`
	Parallel  int      `json:"parallel"`
	Bytes     int      `json:"bytes"`
	Lazy      bool     `json:"lazy"`
	Pretend   bool     `json:"pretend"`
	Upload    uint64   `json:"upload"`
	Download  uint64   `json:"download"`
	Timeout   int      `json:"timeout_ms"`
}

var output struct {
	sync.Mutex
	*json.Encoder
}

func say(a answer) {
	output.Lock()
	defer output.Unlock()
	_ = output.Encode(a)
}

func main() {
	var o options
	flag.StringVar(&o.listen, "listen", "/ip4/127.0.0.1/tcp/0", "multiaddr to listen on")
	flag.StringVar(&o.keyType, "key-type", "ed25519", "ed25519, rsa, secp256k1 or ecdsa, for a new key")
	flag.StringVar(&o.keyFile, "key", "", "file to keep the key in, made when missing")
	flag.StringVar(&o.security, "security", "default", "default (TLS, then Noise), noise or tls")
	flag.BoolVar(&o.gossip, "gossip", true, "run gossipsub")
	flag.BoolVar(&o.limits, "limits", true, "keep go-libp2p's default resource limits")
	flag.StringVar(&o.agent, "agent", "", "agent version told to others")
	flag.Parse()

	output.Encoder = json.NewEncoder(os.Stdout)
	n, err := newNode(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
	say(n.ready())
	serve(n)
	n.close()
}

// serve runs requests until the input ends or a request says close. Each runs by itself, so that a test can have two
// things happen at once.
func serve(n *node) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 64<<10), 16<<20)
	for in.Scan() {
		var r request
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			say(answer{"error": "not a request: " + err.Error()})
			continue
		}
		if r.Do == "close" {
			say(answer{"id": r.ID})
			return
		}
		go perform(n, r)
	}
}

func perform(n *node, r request) {
	command, known := commands[r.Do]
	if !known {
		say(answer{"id": r.ID, "error": "no such command: " + r.Do})
		return
	}
	limit := 30 * time.Second
	if r.Timeout > 0 {
		limit = time.Duration(r.Timeout) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(n.ctx, limit)
	defer cancel()
	a, err := command(ctx, n, r)
	if a == nil {
		a = answer{}
	}
	a["id"] = r.ID
	if err != nil {
		a["error"] = err.Error()
	}
	say(a)
}

var commands = map[string]func(context.Context, *node, request) (answer, error){
	"info":        info,
	"connect":     connect,
	"disconnect":  disconnect,
	"connections": connections,
	"identify":    identified,
	"handle":      handle,
	"unhandle":    unhandle,
	"ping":        pingPeer,
	"perf":        perfPeer,
	"streams":     openAndClose,
	"hold":        holdStreams,
	"half_close":  halfClose,
	"reset":       resetStreams,
	"open":        openOne,
	"drop_gossip": dropGossip,
	"subscribe":   subscribe,
	"unsubscribe": unsubscribe,
	"publish":     publish,
}
