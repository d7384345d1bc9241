// Command latency tells how long a message of a gossip topic takes from a publisher at one node to a program at another.
//
//	latency publish -url U -token T -rate 1000 -seconds 4    writes to a peerline's door, with a stock NATS client
//	latency nats -url U -token T -n 4000                     hears it at another peerline's door, with a stock NATS client
//	latency bus -static MULTIADDR -n 4000                    hears it as go-p2p-message-bus, in one process
//
// The publisher says now and then something until a line comes in, then RATE messages a second with the time in them.
// Who hears says "ready", "heard" with the first message, and at the end p50, p99 and what was lost. All on one host:
// there is one clock.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"flag"
	"os"
	"sort"
	"time"

	msgbus "github.com/bsv-blockchain/go-p2p-message-bus"
	"github.com/nats-io/nats.go"

	"peerline.test/bus/busconfig"
	"peerline.test/bus/driver"
)

const (
	topic   = "bench/latency"
	size    = 512
	silence = 2 * time.Second // what is missing then is lost
	hint    = 50 * time.Millisecond
)

// A message is the moment at which it was published and whether it counts.
func message(at time.Time, counts bool) []byte {
	m := make([]byte, size)
	binary.BigEndian.PutUint64(m, uint64(at.UnixNano()))
	if counts {
		m[8] = 1
	}
	return m
}

type meter struct {
	expected int
	took     []float64 // microseconds
	heard    bool
	progress chan struct{}
	done     chan struct{}
}

func newMeter(n int) *meter {
	return &meter{expected: n, took: make([]float64, 0, n), progress: make(chan struct{}, 1), done: make(chan struct{})}
}

func (m *meter) on(data []byte) {
	now := time.Now().UnixNano()
	if len(data) != size {
		return
	}
	if !m.heard {
		m.heard = true
		driver.Say(driver.Answer{"event": "heard"})
	}
	if data[8] == 0 {
		return
	}
	m.took = append(m.took, float64(now-int64(binary.BigEndian.Uint64(data)))/1e3)
	if len(m.took) == m.expected {
		close(m.done)
		return
	}
	select {
	case m.progress <- struct{}{}:
	default:
	}
}

// Waits for all of them, or for a silence after the first.
func (m *meter) wait() {
	<-m.progress
	for {
		select {
		case <-m.done:
			return
		case <-m.progress:
		case <-time.After(silence):
			return
		}
	}
}

func (m *meter) tell() {
	m.wait()
	sort.Float64s(m.took)
	at := func(part float64) float64 { return m.took[int(part*float64(len(m.took)-1))] }
	driver.Say(driver.Answer{"p50_us": at(0.5), "p99_us": at(0.99), "max_us": at(1), "lost": m.expected - len(m.took)})
}

func dial(url, token, name string) *nats.Conn {
	c, err := nats.Connect(url, nats.Token(token), nats.Name(name), nats.NoEcho())
	if err != nil {
		driver.Fail(err)
	}
	return c
}

func hearByDoor(c *nats.Conn, n int) {
	m := newMeter(n)
	if _, err := c.Subscribe("payload."+topic, func(msg *nats.Msg) { m.on(msg.Data) }); err != nil {
		driver.Fail(err)
	}
	if err := c.Flush(); err != nil {
		driver.Fail(err)
	}
	driver.Say(driver.Answer{"event": "ready"})
	m.tell()
}

func hearByBus(f *busconfig.Flags, n int) {
	config, _, err := f.Config()
	if err != nil {
		driver.Fail(err)
	}
	config.Logger = silent{}
	bus, err := msgbus.NewClient(config)
	if err != nil {
		driver.Fail(err)
	}
	m := newMeter(n)
	messages := bus.Subscribe(topic)
	go func() {
		for got := range messages {
			m.on(got.Data)
		}
	}()
	driver.Say(driver.Answer{"event": "ready"})
	m.tell()
}

// What it logs of each message would be its time.
type silent struct{}

func (silent) Debugf(string, ...any) {}
func (silent) Infof(string, ...any)  {}
func (silent) Warnf(string, ...any)  {}
func (silent) Errorf(string, ...any) {}

func say(c *nats.Conn, m []byte) {
	if err := c.Publish("payload."+topic, m); err != nil {
		driver.Fail(err)
	}
}

func publish(c *nats.Conn, rate, seconds int) {
	// Whoever publishes is in the topic, as services are.
	if _, err := c.Subscribe("payload."+topic, func(*nats.Msg) {}); err != nil {
		driver.Fail(err)
	}
	begin, cancel := context.WithCancel(context.Background())
	go func() {
		bufio.NewScanner(os.Stdin).Scan()
		cancel()
	}()
	driver.Say(driver.Answer{"event": "ready"})
	for begin.Err() == nil {
		say(c, message(time.Now(), false))
		time.Sleep(hint)
	}
	start := time.Now()
	for i := range rate * seconds {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		say(c, message(time.Now(), true))
	}
	_ = c.Flush()
	driver.Say(driver.Answer{"event": "published"})
}

func main() {
	if len(os.Args) < 2 {
		os.Exit(1)
	}
	config := busconfig.Define()
	url := flag.String("url", "", "a door")
	token := flag.String("token", "", "of that door")
	n := flag.Int("n", 0, "messages to wait for")
	rate := flag.Int("rate", 1000, "messages per second")
	seconds := flag.Int("seconds", 4, "for so long")
	_ = flag.CommandLine.Parse(os.Args[2:])
	switch os.Args[1] {
	case "publish":
		publish(dial(*url, *token, "publisher"), *rate, *seconds)
	case "nats":
		hearByDoor(dial(*url, *token, "hearer"), *n)
	case "bus":
		hearByBus(config, *n)
	default:
		os.Exit(1)
	}
}
