package p2p

import (
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// feedKey says what a feed brings. Members of a queue group share its messages, so every member is a feed of its own.
type feedKey struct {
	subject, group string
	member         uint64
}

// feed is one subscription at the door, and the readers that share it: the first one makes it, the last one ends it.
// The connection's `mu` guards it.
type feed struct {
	key     feedKey
	nats    *nats.Subscription // nil while detached
	readers map[*reader]struct{}
	dropped int  // by nats.go, of what was told
	refused bool // by the node, of its own accord: its readers end, and who comes next asks again
	before  bool // it was there on an earlier connection

	epoch string // of the latest message: numbers are contiguous within one
	seq   uint64 // of the latest message; 0: none yet
	own   uint64 // said by ourselves since then: they have numbers, and do not come back
	back  string // why the next message may come after a hole: WhyAway, WhyRestart
}

// refuse ends its readers, who may read what has come. They stay its own until they are gone. The caller holds `mu`.
func (f *feed) refuse() {
	for r := range f.readers {
		r.finish()
	}
	if f.nats != nil {
		_ = f.nats.Unsubscribe()
	}
	f.nats, f.refused = nil, true
}

// numbered is what a message's headers say of its place.
type numbered struct {
	epoch string
	seq   uint64
	gap   *Gap // told by the node
}

func readNumber(h nats.Header) numbered {
	n := numbered{epoch: h.Get("Pl-Epoch"), gap: readGap(h.Get("Pl-Gap"))}
	n.seq, _ = strconv.ParseUint(h.Get("Pl-Seq"), 10, 64)
	return n
}

// readGap reads "from-to", and a reason after it, if any.
func readGap(text string) *Gap {
	text, why, _ := strings.Cut(text, " ")
	from, to, ok := strings.Cut(text, "-")
	first, wrong := strconv.ParseUint(from, 10, 64)
	last, alsoWrong := strconv.ParseUint(to, 10, 64)
	if !ok || wrong != nil || alsoWrong != nil || last < first {
		return nil
	}
	if why == "" {
		why = WhySlow
	}
	return &Gap{Why: why, Count: last - first + 1, From: first, To: last}
}

// advance moves on to this message and returns the hole before it. While the connection stands, and within a queue group,
// whose members each get but some of the numbers, the node knows what was missed and says so. Of what had left it when
// the connection ended it cannot know whether it arrived: then the numbers tell.
func (f *feed) advance(n numbered) *Gap {
	gap, back := n.gap, f.back
	if back != "" && f.key.group == "" {
		gap = f.whileAway(n)
	}
	if gap != nil && back != "" {
		gap.Why = back
	}
	f.epoch, f.seq, f.own, f.back = n.epoch, n.seq, 0, ""
	return gap
}

func (f *feed) whileAway(n numbered) *Gap {
	switch {
	case f.seq == 0:
		if n.gap == nil && f.back == WhyRestart {
			return &Gap{} // of which the node may know no more than we
		}
		return n.gap
	case n.epoch != f.epoch || n.seq <= f.seq:
		return &Gap{}
	}
	missed := n.seq - f.seq - 1
	switch {
	case missed <= f.own:
		return n.gap
	case f.own > 0:
		return &Gap{Count: missed - f.own}
	}
	return &Gap{Count: missed, From: f.seq + 1, To: n.seq - 1}
}

// readMessage takes a message off the wire. Under which name the topic was asked for, its readers know.
func readMessage(m *nats.Msg) Message {
	return Message{
		From:      m.Header.Get("Pl-Name"),
		FromID:    m.Header.Get("Pl-From"),
		Data:      m.Data,
		Timestamp: receivedAt(m.Header.Get("Pl-Received")),
	}
}

func receivedAt(text string) time.Time {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms)
	}
	return time.Now()
}
