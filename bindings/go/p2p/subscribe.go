package p2p

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/nats-io/nats.go"
)

// heardMax bounds the authors whose names are remembered.
const heardMax = 4096

// Subscribe returns a channel with what is said on the topic, by the network and by other consumers of the node, but
// not by this one. Subscribed to again, it is another channel with the same messages, at no further cost to the node.
// The channel is closed when the Conn is, by Unsubscribe, or when the node refuses, which is logged. While there is no
// connection the subscription waits for one.
func (c *Conn) Subscribe(topic string) <-chan Message {
	messages, err := c.subscribe(context.Background(), topic, "")
	if err == nil {
		return messages
	}
	c.log.Error("cannot subscribe", slog.String("topic", topic), slog.Any("error", err))
	none := make(chan Message)
	close(none)
	return none
}

// SubscribeGroup shares the topic's messages among all members of a group, here and in other processes that attach to
// the same node: each message goes to one of them. A member that is not read loses its turn, not the group's messages.
func (c *Conn) SubscribeGroup(ctx context.Context, topic, group string) (<-chan Message, error) {
	if group == "" {
		return nil, errors.New("a queue group needs a name")
	}
	return c.subscribe(ctx, topic, group)
}

// Unsubscribe closes a channel. After the last one of a topic the consumer gets nothing of it any more, and after the
// last consumer the node leaves the topic.
func (c *Conn) Unsubscribe(messages <-chan Message) {
	c.unsubscribe(func(r *reader) bool { return r.out == messages })
}

// UnsubscribeTopic closes all channels of a topic.
func (c *Conn) UnsubscribeTopic(topic string) {
	subject := c.subjectOf("payload.", topic)
	c.unsubscribe(func(r *reader) bool { return c.subjectOf("payload.", r.topic) == subject })
}

func (c *Conn) subjectOf(view, topic string) string {
	return subjectOf(view, topicName(c.config.TopicPrefix, topic))
}

func (c *Conn) subscribe(ctx context.Context, topic, group string) (<-chan Message, error) {
	ctx, cancel := withPatience(ctx, askPatience)
	defer cancel()
	r := newReader(topic, c.onGap)
	if err := c.join(ctx, feedKey{subject: c.subjectOf("payload.", topic), group: group}, r); err != nil {
		c.leave(r)
		r.abort()
		return nil, err
	}
	return r.out, nil
}

// join gives the reader its feed. That a connection is lost meanwhile is no error: it will be made again.
func (c *Conn) join(ctx context.Context, key feedKey, r *reader) error {
	c.ask.Lock()
	defer c.ask.Unlock()
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		return ErrClosed
	}
	if key.group != "" {
		c.members++
		key.member = c.members
	}
	f, nc := c.feeds[key], c.nats
	isNew := f == nil || f.refused
	if f == nil {
		f = &feed{key: key, readers: map[*reader]struct{}{}}
		c.feeds[key] = f
	}
	f.refused = false
	f.readers[r] = struct{}{}
	c.mu.Unlock()
	if !isNew || nc == nil {
		return nil
	}
	err := c.asked(ctx, nc, key.subject, func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.listen(nc, f)
	})
	if errors.Is(err, ErrRefused) || ctx.Err() != nil {
		return err
	}
	return nil
}

// listen makes the feed's subscription. The caller holds `mu`.
func (c *Conn) listen(nc *nats.Conn, f *feed) error {
	var err error
	if f.key.group == "" {
		f.nats, err = nc.ChanSubscribe(f.key.subject, c.arrivals)
	} else {
		f.nats, err = nc.ChanQueueSubscribe(f.key.subject, f.key.group, c.arrivals)
	}
	f.before = true
	return err
}

// leave takes the reader from its feed, and ends the feed with its last reader.
func (c *Conn) leave(r *reader) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, f := range c.feeds {
		if _, ok := f.readers[r]; !ok {
			continue
		}
		delete(f.readers, r)
		if len(f.readers) > 0 {
			return
		}
		delete(c.feeds, key)
		if f.nats != nil {
			_ = f.nats.Unsubscribe()
		}
		return
	}
}

func (c *Conn) unsubscribe(which func(*reader) bool) {
	c.mu.Lock()
	var found []*reader
	for _, f := range c.feeds {
		for r := range f.readers {
			if which(r) {
				found = append(found, r)
			}
		}
	}
	c.mu.Unlock()
	for _, r := range found {
		c.leave(r)
		r.abort()
	}
}

// ---- what comes ----

// receive takes in what arrives, to the last of it: of a connection that ends, nats.go would discard what it holds.
func (c *Conn) receive(arrivals <-chan *nats.Msg, ended <-chan struct{}, lost chan<- struct{}) {
	defer close(lost)
	for {
		select {
		case m := <-arrivals:
			c.onMessage(m)
			continue
		case <-ended:
		}
		for {
			select {
			case m := <-arrivals:
				c.onMessage(m)
			default:
				return
			}
		}
	}
}

func (c *Conn) onMessage(m *nats.Msg) {
	message, number := readMessage(m), readNumber(m.Header)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.feeds {
		if f.nats != m.Sub {
			continue
		}
		gap := f.advance(number)
		c.remember(message)
		for r := range f.readers {
			r.push(message, number.seq, gap)
		}
		return
	}
}

// remember whom was heard, as the message bus does. Of the name of somebody who is one too many nothing is known.
func (c *Conn) remember(m Message) {
	if _, known := c.heard[m.FromID]; known || len(c.heard) < heardMax {
		c.heard[m.FromID] = m.From
	}
}

func (c *Conn) onGap(g Gap) {
	g.Consumer = c.id
	c.mu.Lock()
	c.gaps++
	c.missed += g.Count
	c.mu.Unlock()
	c.log.Warn("messages were missed", slog.String("topic", g.Topic), slog.String("why", g.Why),
		slog.Uint64("count", g.Count), slog.Uint64("from", g.From), slog.Uint64("to", g.To))
	if c.config.OnGap != nil {
		c.config.OnGap(g)
	}
}

// onError hears what the door says of its own accord, and what nats.go had no room for.
func (c *Conn) onError(_ *nats.Conn, sub *nats.Subscription, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sub != nil && errors.Is(err, nats.ErrSlowConsumer) {
		c.onDropped(sub)
		return
	}
	c.log.Warn("the node says", slog.Any("error", err))
	if !strings.Contains(err.Error(), "for Subscription to") {
		return
	}
	for _, f := range c.feeds {
		if !isRefusalOf(err, f.key.subject) {
			continue
		}
		f.refuse()
	}
}

func (c *Conn) onDropped(sub *nats.Subscription) {
	for _, f := range c.feeds {
		if f.nats != sub {
			continue
		}
		dropped, _ := sub.Dropped()
		for r := range f.readers {
			r.missed(Gap{Why: WhyReader, Count: uint64(dropped - f.dropped)})
		}
		f.dropped = dropped
	}
}
