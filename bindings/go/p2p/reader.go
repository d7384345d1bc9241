package p2p

import "sync"

const (
	channelSlots = 100       // as the message bus has
	readerBytes  = 8 << 20   // most bytes held for a channel that is not read
	readerLength = 64 * 1024 // most messages, however small
	messageCost  = 200       // what a message costs besides its data
)

// entry is a message that waits for its reader, with the hole before it.
type entry struct {
	gap     *Gap
	message Message
}

// reader is one channel. Messages wait in a queue with a maximum, so that whoever does not read it holds up nobody,
// and what did not fit is told once the queue has been read.
type reader struct {
	topic string // as it was asked for
	out   chan Message
	onGap func(Gap)

	mu    sync.Mutex
	queue []entry
	bytes int
	hole  *Gap // between the last message in the queue and the next one
	last  bool // nothing more will come

	digging bool // the last message did not fit

	wake chan struct{} // something changed
	stop chan struct{} // closed: end at once
	once sync.Once     // for stop
	done chan struct{} // closed: `out` is closed
}

func newReader(topic string, onGap func(Gap)) *reader {
	r := &reader{
		topic: topic, onGap: onGap,
		out:  make(chan Message, channelSlots),
		wake: make(chan struct{}, 1),
		stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	go r.pump()
	return r
}

func (r *reader) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// push never waits. `gap` is the hole before the message, `seq` its number.
func (r *reader) push(m Message, seq uint64, gap *Gap) {
	m.Topic = r.topic
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last {
		return
	}
	r.hole = widen(r.hole, gap)
	cost := len(m.Data) + messageCost
	if r.isFull(cost) {
		r.hole = widen(r.hole, &Gap{Why: WhyReader, Count: 1, From: seq, To: seq})
		r.digging = true
	} else {
		r.queue = append(r.queue, entry{r.hole, m})
		r.bytes += cost
		r.hole, r.digging = nil, false
	}
	r.signal()
}

// isFull: once something did not fit, half of the room must be free before the next one does, so that there are few
// holes, not many.
func (r *reader) isFull(cost int) bool {
	share := 1
	if r.digging {
		share = 2
	}
	return len(r.queue) >= readerLength/share || r.bytes+cost > readerBytes/share
}

// missed tells of a hole that no message follows yet.
func (r *reader) missed(gap Gap) {
	r.mu.Lock()
	r.hole = widen(r.hole, &gap)
	r.mu.Unlock()
	r.signal()
}

// widen makes one hole of two that follow each other. What is unknown of one is unknown of both.
func widen(hole, more *Gap) *Gap {
	if hole == nil || more == nil {
		if hole == nil && more != nil {
			copied := *more
			return &copied
		}
		return hole
	}
	whole := Gap{Why: hole.Why, Count: hole.Count + more.Count, From: hole.From, To: more.To}
	if hole.Count == 0 || more.Count == 0 {
		whole.Count = 0
	}
	if hole.From == 0 || more.From != hole.To+1 {
		whole.From, whole.To = 0, 0
	}
	return &whole
}

// finish lets what waits be read, and then the channel is closed.
func (r *reader) finish() {
	r.mu.Lock()
	r.last = true
	r.mu.Unlock()
	r.signal()
}

// abort closes the channel as soon as nobody writes to it any more.
func (r *reader) abort() {
	r.once.Do(func() { close(r.stop) })
	<-r.done
}

// next is the next message, or the hole after the last one; ended: there will be neither.
func (r *reader) next() (e entry, found, ended bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) > 0 {
		e = r.queue[0]
		r.queue[0] = entry{}
		r.queue = r.queue[1:]
		r.bytes -= len(e.message.Data) + messageCost
		return e, true, false
	}
	r.queue = nil
	e.gap, r.hole = r.hole, nil
	return e, false, r.last
}

func (r *reader) pump() {
	defer close(r.done)
	defer close(r.out)
	for {
		e, found, ended := r.next()
		if e.gap != nil {
			e.gap.Topic = r.topic
			r.onGap(*e.gap)
		}
		switch {
		case found:
			select {
			case r.out <- e.message:
			case <-r.stop:
				return
			}
		case ended:
			return
		case e.gap == nil:
			select {
			case <-r.wake:
			case <-r.stop:
				return
			}
		}
	}
}
