package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// Errors of this package, for errors.Is.
var (
	// ErrClosed: the Conn was closed.
	ErrClosed = errors.New("detached from the node")
	// ErrHeld: another live connection has this consumer id. Replicas call themselves "arcade#2".
	ErrHeld = errors.New("the consumer id is taken")
	// ErrRefused: the node does not let this consumer do that, or not this way.
	ErrRefused = errors.New("refused by the node")
)

const (
	attachPatience = 10 * time.Second // for the node to appear, when the context has no end
	askPatience    = 10 * time.Second // for an answer, likewise
	firstRetry     = 50 * time.Millisecond
	longestRetry   = 2 * time.Second
	closePatience  = 2 * time.Second // for what waits to be read
	pingInterval   = 15 * time.Second
	subjectMax     = 1024
	arrivalsMax    = 4096 // messages that came and were not looked at yet, which takes no time
	heldText       = "is held by another live connection"
)

// Conn is one consumer attached to the node, and stays so until Close: a lost connection is made again. It is a Client.
// Its methods may be called from anywhere, but from Config.OnGap only those that end nothing.
type Conn struct {
	id     string
	config Config
	log    *slog.Logger

	ask sync.Mutex // held while something is asked of the door, so that its refusal is known to be of that

	mu       sync.Mutex
	nats     *nats.Conn    // nil while detached
	attached chan struct{} // closed while attached
	arrivals chan *nats.Msg
	lost     chan struct{} // closed when `nats` has ended and all that arrived was taken in
	server   string        // which run of the node that was
	feeds    map[feedKey]*feed
	members  uint64
	heard    map[string]string // names by author, as in their latest envelopes
	peerID   string
	gaps     uint64
	missed   uint64
	closing  bool

	closed chan struct{} // Close was called
	over   chan struct{} // and has ended
}

var _ Client = (*Conn)(nil)

// Attach makes a consumer of this process, with Config.ProcessName as its id. It waits for the node until the context
// ends, or ten seconds where the context has no end.
func Attach(ctx context.Context, config *Config, logger *slog.Logger) (*Conn, error) {
	if config == nil {
		return nil, errors.New("config is nil")
	}
	return AttachAs(ctx, config, config.ProcessName, logger)
}

// AttachAs is Attach with another consumer id, as one of several that publish in one name.
func AttachAs(ctx context.Context, config *Config, id string, logger *slog.Logger) (*Conn, error) {
	if config == nil {
		return nil, errors.New("config is nil")
	}
	if id == "" {
		return nil, errors.New("a consumer needs an id: ProcessName is empty")
	}
	if logger == nil {
		logger = slog.Default()
	}
	c := &Conn{
		id: id, config: *config, log: logger.With(slog.String("consumer", id)),
		attached: make(chan struct{}),
		feeds:    map[feedKey]*feed{},
		heard:    map[string]string{},
		closed:   make(chan struct{}),
		over:     make(chan struct{}),
	}
	ctx, cancel := withPatience(ctx, attachPatience)
	defer cancel()
	if err := c.tryUntil(ctx.Done(), true); err != nil {
		return nil, err
	}
	go c.keep()
	return c, nil
}

func withPatience(ctx context.Context, patience time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, patience)
}

// ---- the connection ----

// tryUntil attaches, again and again, until it could, or was told to end. `first`: somebody waits for it, and is told
// at once of what will not pass by itself.
func (c *Conn) tryUntil(end <-chan struct{}, first bool) error {
	for wait, said := firstRetry, false; ; wait = min(2*wait, longestRetry) {
		err := c.try()
		if err == nil {
			return nil
		}
		if first && !errors.Is(err, ErrNoNode) {
			return err
		}
		if !first && !said {
			c.log.Warn("cannot attach to the node, and will go on trying", slog.Any("error", err))
			said = true
		}
		select {
		case <-end:
			return err
		case <-time.After(wait):
		}
	}
}

func (c *Conn) try() error {
	places, err := locate(&c.config)
	if err != nil {
		return err
	}
	d, ended := &dialer{places: places}, make(chan struct{})
	nc, err := nats.Connect("nats://127.0.0.1:4222", nats.Name(c.id), nats.SetCustomDialer(d), nats.TokenHandler(d.token),
		nats.NoEcho(), nats.NoReconnect(), nats.Timeout(dialTimeout), nats.PingInterval(pingInterval),
		nats.ErrorHandler(c.onError), nats.ClosedHandler(func(*nats.Conn) { close(ended) }))
	if err != nil {
		return whyNot(err)
	}
	c.ask.Lock()
	defer c.ask.Unlock()
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		nc.Close()
		return ErrClosed
	}
	why := WhyAway
	if server := nc.ConnectedServerId(); c.server != server {
		why, c.server, c.peerID = WhyRestart, server, ""
		go c.introduce()
	}
	c.nats, c.arrivals, c.lost = nc, make(chan *nats.Msg, arrivalsMax), make(chan struct{})
	go c.receive(c.arrivals, ended, c.lost)
	for _, f := range c.feeds {
		if f.refused {
			continue
		}
		if f.before {
			f.back = why
		}
		_ = c.listen(nc, f) // fails when the connection is lost again, which keep() sees
	}
	close(c.attached)
	c.mu.Unlock()
	_ = nc.FlushTimeout(dialTimeout)
	return nil
}

func whyNot(err error) error {
	switch {
	case strings.Contains(err.Error(), heldText):
		return fmt.Errorf("%w: %w", ErrHeld, err)
	case errors.Is(err, nats.ErrAuthorization):
		return fmt.Errorf("%w: it does not know this token: %w", ErrRefused, err)
	case errors.Is(err, nats.ErrNoServers), errors.Is(err, nats.ErrTimeout):
		return fmt.Errorf("%w: %w", ErrNoNode, err)
	}
	return err
}

// keep attaches again whenever the connection is lost.
func (c *Conn) keep() {
	for wait := time.Duration(0); ; {
		c.mu.Lock()
		lost, reason, since := c.lost, c.nats, time.Now()
		c.mu.Unlock()
		select {
		case <-c.closed:
			return
		case <-lost:
		}
		wait = nextWait(wait, time.Since(since))
		c.mu.Lock()
		if c.closing {
			c.mu.Unlock()
			return
		}
		c.nats, c.attached = nil, make(chan struct{})
		for _, f := range c.feeds {
			f.nats, f.dropped = nil, 0
		}
		c.mu.Unlock()
		c.log.Warn("lost the connection to the node", slog.Any("error", reason.LastError()))
		select {
		case <-c.closed:
			return
		case <-time.After(wait):
		}
		if c.tryUntil(c.closed, false) != nil {
			return
		}
		c.log.Info("attached to the node again")
	}
}

// nextWait is the time before the next attempt, after a connection that lasted so long: none after a long one, more and
// more where the node ends one after the other.
func nextWait(wait, lasted time.Duration) time.Duration {
	switch {
	case lasted > longestRetry:
		return 0
	case wait == 0:
		return firstRetry
	}
	return min(2*wait, longestRetry)
}

// connection waits until there is one.
func (c *Conn) connection(ctx context.Context) (*nats.Conn, error) {
	for {
		c.mu.Lock()
		nc, attached, closing := c.nats, c.attached, c.closing
		c.mu.Unlock()
		switch {
		case closing:
			return nil, ErrClosed
		case nc != nil:
			return nc, nil
		}
		select {
		case <-attached:
		case <-c.closed:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrNoNode, ctx.Err())
		}
	}
}

// asked does something at the door and waits until the door has seen it, so that a refusal of that subject is this one's.
func (c *Conn) asked(ctx context.Context, nc *nats.Conn, subject string, do func() error) error {
	before := nc.LastError()
	err := do()
	if errors.Is(err, nats.ErrMaxPayload) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err != nil {
		return err
	}
	if err := nc.FlushWithContext(ctx); err != nil {
		return err
	}
	if err := nc.LastError(); err != before && isRefusalOf(err, subject) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return nil
}

// isRefusalOf: the node quotes what it refuses, but no more of it than a subject may have.
func isRefusalOf(err error, subject string) bool {
	quoted := `"` + subject[:min(len(subject), subjectMax)] + `"`
	return errors.Is(err, nats.ErrPermissionViolation) && strings.Contains(err.Error(), quoted)
}

// ---- its end ----

// Close detaches. What has come already may be read for two seconds, then all channels are closed.
func (c *Conn) Close() error {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		<-c.over
		return nil
	}
	c.closing = true
	nc, lost := c.nats, c.lost
	var readers []*reader
	for _, f := range c.feeds {
		for r := range f.readers {
			readers = append(readers, r)
		}
	}
	c.mu.Unlock()
	close(c.closed)
	end := time.After(closePatience)
	if nc != nil {
		drain(nc, lost)
	}
	endReaders(readers, end)
	close(c.over)
	return nil
}

// drain takes what the door has sent already.
func drain(nc *nats.Conn, lost <-chan struct{}) {
	if nc.Drain() == nil {
		select {
		case <-lost:
		case <-time.After(closePatience / 2):
		}
	}
	nc.Close()
}

func endReaders(readers []*reader, end <-chan time.Time) {
	for _, r := range readers {
		r.finish()
	}
	for i, r := range readers {
		select {
		case <-r.done:
		case <-end:
			for _, late := range readers[i:] {
				late.abort()
			}
			return
		}
	}
}
