package p2p

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// door is a door that says what a test wants it to say. Each connection gets the next script: what it is told once it
// has subscribed. After the last one connections stay open.
type door struct {
	listener net.Listener
	scripts  []string
	connects chan string // every CONNECT that came
}

func startDoor(t *testing.T, scripts ...string) (*door, *Config) {
	t.Helper()
	nowhere(t)
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	d := &door{listener, scripts, make(chan string, 10)}
	t.Cleanup(func() { _ = listener.Close() })
	go d.serve()
	return d, &Config{ProcessName: "test", Address: "unix:" + path}
}

func (d *door) serve() {
	for n := 0; ; n++ {
		conn, err := d.listener.Accept()
		if err != nil {
			return
		}
		go d.talk(conn, n)
	}
}

func (d *door) talk(conn net.Conn, n int) {
	defer conn.Close()
	fmt.Fprintf(conn, "INFO {\"server_id\":\"run%d\",\"version\":\"2.10.0\",\"proto\":1,\"headers\":true,\"max_payload\":1048576}\r\n", n)
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		switch word, rest, _ := strings.Cut(lines.Text(), " "); word {
		case "CONNECT":
			d.connects <- rest
		case "PING":
			fmt.Fprint(conn, "PONG\r\n")
		case "SUB":
			if n >= len(d.scripts) || !strings.HasPrefix(rest, "payload.") {
				continue
			}
			sid := rest[strings.LastIndex(rest, " ")+1:]
			fmt.Fprint(conn, strings.ReplaceAll(d.scripts[n], "SID", sid))
			if strings.Contains(d.scripts[n], "-ERR") {
				return
			}
		}
	}
}

// delivery is a message with these headers, as the door writes it.
func delivery(data string, headers ...string) string {
	head := "NATS/1.0\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"
	return fmt.Sprintf("HMSG payload.t SID %d %d\r\n%s%s\r\n", len(head), len(head)+len(data), head, data)
}

func attachTo(t *testing.T, config *Config) *Conn {
	t.Helper()
	c, err := Attach(context.Background(), config, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func next(t *testing.T, messages <-chan Message) Message {
	t.Helper()
	select {
	case m := <-messages:
		return m
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
	}
	panic("not reached")
}

func TestNoErrorOfTheDoorEndsASubscription(t *testing.T) {
	gaps := make(chan Gap, 10)
	d, config := startDoor(t,
		delivery("one", "Pl-Seq: 1", "Pl-Epoch: e")+"-ERR 'Slow Consumer'\r\n",
		"-ERR 'Unknown Protocol Operation'\r\n",
		"-ERR 'Authorization Violation'\r\n",
		delivery("two", "Pl-Seq: 9", "Pl-Epoch: e")+delivery("three", "Pl-Seq: 14", "Pl-Epoch: e", "Pl-Gap: 10-13"))
	config.OnGap = func(g Gap) { gaps <- g }
	messages := attachTo(t, config).Subscribe("t")
	for _, want := range []string{"one", "two", "three"} {
		if m := next(t, messages); string(m.Data) != want {
			t.Fatalf("%s, not %s", m.Data, want)
		}
	}
	for _, want := range []Gap{
		{"test", "t", WhyRestart, 7, 2, 8}, // each connection of this door is another run
		{"test", "t", WhySlow, 4, 10, 13},
	} {
		if g := <-gaps; g != want {
			t.Errorf("%+v, not %+v", g, want)
		}
	}
	if len(d.connects) != 4 {
		t.Errorf("%d connections", len(d.connects))
	}
}

func TestWhatIsDeliveredIsWhatTheHeadersSay(t *testing.T) {
	d, config := startDoor(t, delivery("payload", "Pl-From: 12D3KooW", "Pl-Name: a name", "Pl-Received: 1700000000123", "Pl-Seq: 1"))
	m := next(t, attachTo(t, config).Subscribe("t"))
	want := Message{"t", "a name", "12D3KooW", []byte("payload"), time.UnixMilli(1700000000123)}
	if m.Topic != want.Topic || m.From != want.From || m.FromID != want.FromID || string(m.Data) != "payload" || !m.Timestamp.Equal(want.Timestamp) {
		t.Errorf("%+v", m)
	}
	connect := <-d.connects
	for _, said := range []string{`"name":"test"`, `"echo":false`, `"headers":true`, `"no_responders":true`} {
		if !strings.Contains(connect, said) {
			t.Errorf("%s is not in %s", said, connect)
		}
	}
}

func TestAMessageWithoutHeadersIsAMessage(t *testing.T) {
	_, config := startDoor(t, "MSG payload.t SID 5\r\nhello\r\n")
	before := time.Now()
	m := next(t, attachTo(t, config).Subscribe("t"))
	if string(m.Data) != "hello" || m.From != "" || m.Timestamp.Before(before) {
		t.Errorf("%+v", m)
	}
}

func TestARefusalAfterTheSubscriptionClosesItsChannelAndNoOther(t *testing.T) {
	const refusal = "Permissions Violation for Subscription to \"payload.t\": not allowed to this consumer"
	_, config := startDoor(t)
	c := attachTo(t, config)
	refused, other := c.Subscribe("t"), c.Subscribe("u")
	c.onError(nil, nil, fmt.Errorf("%w: %s", nats.ErrPermissionViolation, refusal))
	if _, open := <-refused; open {
		t.Error("it is open")
	}
	select {
	case <-other:
		t.Error("the other one is closed, too")
	default:
	}
}

func TestWhatWasRefusedMayBeAskedForAgain(t *testing.T) {
	const refusal = "Permissions Violation for Subscription to \"payload.t\": not allowed to this consumer any more"
	_, config := startDoor(t, delivery("one", "Pl-Seq: 1", "Pl-Epoch: e"))
	c := attachTo(t, config)
	refused := c.Subscribe("t")
	next(t, refused)
	c.onError(nil, nil, fmt.Errorf("%w: %s", nats.ErrPermissionViolation, refusal))
	again := c.Subscribe("t")
	if m := next(t, again); string(m.Data) != "one" {
		t.Errorf("%+v", m)
	}
	if _, open := <-refused; open {
		t.Error("it is open")
	}
}
