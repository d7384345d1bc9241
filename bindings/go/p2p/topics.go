package p2p

import (
	"fmt"
	"strings"
)

// protocol is what Teranode's topic names begin with.
const protocol = "teranode/bitcoin/1.0.0/"

// maxDots is how many tokens a subject may have, less the first one and the last.
const maxDots = 30

// networks are the short names that clients of Teranode use.
var networks = map[string]string{"main": "mainnet", "test": "testnet", "teratest": "teratestnet"}

// topicName is a topic's full name. A name without "/" is short for the network's topic of that kind: with prefix
// "mainnet", or "teranode/bitcoin/1.0.0/mainnet", "block" is teranode/bitcoin/1.0.0/mainnet-block. Without a prefix
// it is left to the node, which may have one of its own.
func topicName(prefix, name string) string {
	if prefix == "" || strings.Contains(name, "/") {
		return name
	}
	if full, ok := networks[prefix]; ok {
		prefix = full
	}
	if !strings.Contains(prefix, "/") {
		prefix = protocol + prefix
	}
	return strings.TrimSuffix(prefix, "-") + "-" + name
}

// subjectOf writes a topic as a subject of the door: what no subject can carry becomes %XX.
func subjectOf(view, topic string) string {
	var b strings.Builder
	b.WriteString(view)
	begins, dots := true, 0
	for i := 0; i < len(topic); i++ {
		if mustEscape(topic, i, begins, dots) {
			fmt.Fprintf(&b, "%%%02X", topic[i])
			begins = false
			continue
		}
		b.WriteByte(topic[i])
		begins = topic[i] == '.'
		if begins {
			dots++
		}
	}
	return b.String()
}

// mustEscape: a blank, a control, the sign itself, a dot that would make an empty token, a token that would be a
// wildcard. `begins`: the byte begins a token.
func mustEscape(topic string, i int, begins bool, dots int) bool {
	c, last := topic[i], i+1 == len(topic)
	switch {
	case c <= ' ' || c == 0x7f || c == '%':
		return true
	case c == '.':
		return begins || last || dots >= maxDots
	case c == '*' || c == '>':
		return begins && (last || topic[i+1] == '.')
	}
	return false
}
