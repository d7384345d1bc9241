// The scenario: small steps, each on connections of its own, each writing what it observed.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

var steps = []struct {
	name string
	run  func(server) error
}{
	{"token in the URL", tokenInURL},
	{"wrong token", wrongToken},
	{"what the server says of itself", about},
	{"publish and subscribe", core},
	{"wildcards", wildcards},
	{"headers", headers},
	{"payload sizes", payloads},
	{"request and reply", requestReply},
	{"no responders", noResponders},
	{"queue group", queueGroup},
	{"automatic unsubscribe", autoUnsubscribe},
	{"no echo", noEcho},
	{"ten thousand in order", ordered},
	{"drain", drain},
	{"restart", restart},
}

func runScenario(at server) error {
	for _, step := range steps {
		fmt.Printf("# %s\n", step.name)
		if err := step.run(at); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	fmt.Println("# end")
	return nil
}

func tokenInURL(at server) error {
	nc, err := nats.Connect("nats://"+at.token+"@"+at.address, nats.Name("judge-url"), nats.Timeout(patience))
	if err != nil {
		return err
	}
	defer nc.Close()
	fmt.Println("connected", nc.IsConnected())
	return nc.FlushTimeout(patience)
}

func wrongToken(at server) error {
	for _, token := range []string{"wrong", at.token + "x", at.token[:len(at.token)-1]} {
		nc, err := server{at.address, token}.connect("judge-wrong")
		if err == nil {
			nc.Close()
		}
		fmt.Println("refused:", err, errors.Is(err, nats.ErrAuthorization))
	}
	nc, err := nats.Connect("nats://"+at.address, nats.Name("judge-none"), nats.NoReconnect())
	if err == nil {
		nc.Close()
	}
	fmt.Println("without a token:", err)
	return nil
}

func about(at server) error {
	nc, err := at.connect("judge-about")
	if err != nil {
		return err
	}
	defer nc.Close()
	rtt, err := nc.RTT()
	fmt.Println("headers", nc.HeadersSupported(), "auth", nc.AuthRequired(), "tls", nc.TLSRequired(),
		"a megabyte fits", nc.MaxPayload() >= 1<<20, "named", nc.ConnectedServerId() != "", "rtt", rtt > 0)
	return err
}

// collector gathers what a subscription receives.
type collector struct{ sub *nats.Subscription }

func collect(nc *nats.Conn, subject string) (collector, error) {
	sub, err := nc.SubscribeSync(subject)
	return collector{sub}, err
}

// subjects says what has come so far, once a flush has made sure that all of it is here.
func (c collector) subjects() []string {
	list := []string{}
	for {
		m, err := c.sub.NextMsg(time.Millisecond)
		if err != nil {
			return list
		}
		list = append(list, m.Subject+"="+string(m.Data))
	}
}

func core(at server) error {
	nc, err := at.connect("judge-core")
	if err != nil {
		return err
	}
	defer nc.Close()
	c, err := collect(nc, "judge.core")
	if err != nil {
		return err
	}
	for _, text := range []string{"hi", "", "grüß", "a\r\nb\x00c"} {
		if err := nc.Publish("judge.core", []byte(text)); err != nil {
			return err
		}
	}
	err = errors.Join(nc.Publish("judge.other", nil), nc.Flush())
	fmt.Printf("%q\n", c.subjects())
	err = errors.Join(err, c.sub.Unsubscribe(), nc.Publish("judge.core", []byte("late")), nc.Flush())
	fmt.Println("after unsubscribe valid", c.sub.IsValid())
	return err
}

func wildcards(at server) error {
	nc, err := at.connect("judge-wild")
	if err != nil {
		return err
	}
	defer nc.Close()
	patterns := []string{"judge.a.b", "judge.*.b", "judge.>", "judge.a.*", "*.a.b", "judge.a*", "judge",
		"teranode/bitcoin/1.0.0/mainnet-block", "teranode/bitcoin/1.*.*"}
	all := map[string]collector{}
	for _, p := range patterns {
		if all[p], err = collect(nc, p); err != nil {
			return err
		}
	}
	for _, s := range []string{"judge", "judge.a", "judge.a.b", "judge.x.b", "judge.a.b.c", "judge.a*", "Judge.a.b",
		"teranode/bitcoin/1.0.0/mainnet-block", "teranode/bitcoin/1.0.0/mainnet-subtree"} {
		err = errors.Join(err, nc.Publish(s, []byte("x")))
	}
	err = errors.Join(err, nc.Flush())
	for _, p := range patterns {
		fmt.Println(p, all[p].subjects())
	}
	return err
}

func headers(at server) error {
	nc, err := at.connect("judge-headers")
	if err != nil {
		return err
	}
	defer nc.Close()
	c, err := collect(nc, "judge.headers")
	if err != nil {
		return err
	}
	for _, m := range []*nats.Msg{
		{Subject: "judge.headers", Header: nats.Header{"X": {"y"}}, Data: []byte("hi")},
		{Subject: "judge.headers", Header: nats.Header{"lower-Case": {"one", "two"}, "Empty": {""}}, Data: nil},
		{Subject: "judge.headers", Header: nats.Header{"Long": {strings.Repeat("v", 3000)}}, Data: []byte("long")},
	} {
		err = errors.Join(err, nc.PublishMsg(m))
	}
	err = errors.Join(err, nc.Flush())
	for range 3 {
		m, e := c.sub.NextMsg(patience)
		if e != nil {
			return errors.Join(err, e)
		}
		names := []string{}
		for name, values := range m.Header {
			names = append(names, fmt.Sprintf("%s:%d:%s", name, len(values), short([]byte(strings.Join(values, "|")))))
		}
		sort.Strings(names)
		fmt.Printf("%q %v\n", m.Data, names)
	}
	return err
}

func short(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:4])
}

func payloads(at server) error {
	nc, err := at.connect("judge-sizes")
	if err != nil {
		return err
	}
	defer nc.Close()
	c, err := collect(nc, "judge.sizes")
	if err != nil {
		return err
	}
	for _, size := range []int{0, 1, 511, 512, 4095, 65535, 65536, 1_000_000, 1 << 20} {
		data := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		if err := nc.Publish("judge.sizes", data); err != nil {
			return err
		}
		m, err := c.sub.NextMsg(patience)
		if err != nil {
			return fmt.Errorf("%d bytes: %w", size, err)
		}
		fmt.Println(len(m.Data), short(m.Data), bytes.Equal(m.Data, data))
	}
	return nil
}

func requestReply(at server) error {
	server, err := at.connect("judge-server")
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := at.connect("judge-client")
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = server.QueueSubscribe("judge.svc", "workers", func(m *nats.Msg) {
		reply := nats.NewMsg(m.Reply)
		reply.Data = append([]byte("re:"), m.Data...)
		reply.Header.Set("Was", m.Header.Get("Ask"))
		_ = m.RespondMsg(reply)
	})
	if err = errors.Join(err, server.Flush()); err != nil {
		return err
	}
	for i := range 100 {
		ask := nats.NewMsg("judge.svc")
		ask.Data = fmt.Appendf(nil, "q%d", i)
		ask.Header.Set("Ask", fmt.Sprint(i))
		m, err := client.RequestMsg(ask, patience)
		if err != nil {
			return err
		}
		if string(m.Data) != fmt.Sprintf("re:q%d", i) || m.Header.Get("Was") != fmt.Sprint(i) {
			return fmt.Errorf("request %d was answered %q %v", i, m.Data, m.Header)
		}
	}
	m, err := client.Request("judge.svc", []byte("last"), patience)
	if err == nil {
		fmt.Println("rep", string(m.Data))
	}
	return err
}

func noResponders(at server) error {
	nc, err := at.connect("judge-nobody")
	if err != nil {
		return err
	}
	defer nc.Close()
	for range 2 {
		_, err = nc.Request("judge.nobody", []byte("?"), patience)
		fmt.Println("none", err, errors.Is(err, nats.ErrNoResponders))
	}
	return nil
}

func queueGroup(at server) error {
	closed := make(chan bool, 1)
	nc, err := at.connect("judge-queue", nats.ClosedHandler(func(*nats.Conn) { closed <- true }))
	if err != nil {
		return err
	}
	var first, second, plain atomic.Int64
	count := func(n *atomic.Int64) nats.MsgHandler { return func(*nats.Msg) { n.Add(1) } }
	_, a := nc.QueueSubscribe("judge.queue", "workers", count(&first))
	_, b := nc.QueueSubscribe("judge.*", "workers", count(&second))
	_, c := nc.Subscribe("judge.queue", count(&plain))
	err = errors.Join(a, b, c)
	for range 1000 {
		err = errors.Join(err, nc.Publish("judge.queue", nil))
	}
	err = errors.Join(err, nc.Flush(), nc.Drain(), wait(closed, "drain to end"))
	fmt.Println("members", first.Load()+second.Load(), "each some", first.Load() > 100 && second.Load() > 100, "plain", plain.Load())
	return err
}

func autoUnsubscribe(at server) error {
	nc, err := at.connect("judge-auto")
	if err != nil {
		return err
	}
	defer nc.Close()
	c, err := collect(nc, "judge.auto")
	if err != nil {
		return err
	}
	err = c.sub.AutoUnsubscribe(3)
	for i := range 5 {
		err = errors.Join(err, nc.Publish("judge.auto", fmt.Append(nil, i)))
	}
	err = errors.Join(err, nc.Flush())
	fmt.Println(c.subjects())
	return err
}

func noEcho(at server) error {
	nc, err := at.connect("judge-mute", nats.NoEcho())
	if err != nil {
		return err
	}
	defer nc.Close()
	other, err := at.connect("judge-loud")
	if err != nil {
		return err
	}
	defer other.Close()
	c, err := collect(nc, "judge.echo")
	err = errors.Join(err, nc.Flush(), nc.Publish("judge.echo", []byte("mine")), nc.Flush(),
		other.Publish("judge.echo", []byte("yours")), other.Flush(), nc.Flush())
	fmt.Println(c.subjects())
	return err
}

func ordered(at server) error {
	reader, err := at.connect("judge-reader")
	if err != nil {
		return err
	}
	defer reader.Close()
	writer, err := at.connect("judge-writer")
	if err != nil {
		return err
	}
	defer writer.Close()
	const count = 10_000
	done, seen, last := make(chan bool, 1), 0, -1
	inOrder := true
	_, err = reader.Subscribe("judge.order", func(m *nats.Msg) {
		var n int
		_, e := fmt.Sscanf(string(m.Data), "%d", &n)
		inOrder = inOrder && e == nil && n == last+1
		last = n
		if seen++; seen == count {
			done <- true
		}
	})
	if err = errors.Join(err, reader.Flush()); err != nil {
		return err
	}
	for i := range count {
		if err := writer.Publish("judge.order", fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", 100))); err != nil {
			return err
		}
	}
	if err := writer.FlushTimeout(patience); err != nil {
		return err
	}
	select {
	case <-done:
	case <-time.After(patience):
		return fmt.Errorf("%d of %d came", seen, count)
	}
	fmt.Println("received", seen, "in order", inOrder)
	return nil
}

func drain(at server) error {
	closed := make(chan bool, 1)
	nc, err := at.connect("judge-drain", nats.ClosedHandler(func(*nats.Conn) { closed <- true }))
	if err != nil {
		return err
	}
	got := 0
	_, err = nc.Subscribe("judge.drain", func(*nats.Msg) { got++ })
	for range 1000 {
		err = errors.Join(err, nc.Publish("judge.drain", []byte("x")))
	}
	err = errors.Join(err, nc.Drain(), wait(closed, "drain to end"))
	fmt.Println("drained", got, "closed", nc.IsClosed())
	return err
}

// restart proves that a stock client comes back by itself to a server that was stopped and started again, with its
// subscription, and with what it published in between.
func restart(at server) error {
	gone, back := make(chan bool, 10), make(chan bool, 10)
	nc, err := nats.Connect("nats://"+at.address, nats.Name("judge-restart"), nats.Token(at.token),
		nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond), nats.ReconnectJitter(0, 0),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { gone <- true }),
		nats.ReconnectHandler(func(*nats.Conn) { back <- true }))
	if err != nil {
		return err
	}
	defer nc.Close()
	got := make(chan string, 100)
	if _, err := nc.Subscribe("judge.restart", func(m *nats.Msg) { got <- string(m.Data) }); err != nil {
		return err
	}
	if err := errors.Join(nc.Publish("judge.restart", []byte("before")), nc.Flush()); err != nil {
		return err
	}
	fmt.Println("restart me")
	if err := wait(gone, "the connection to end"); err != nil {
		return err
	}
	if err := nc.Publish("judge.restart", []byte("meanwhile")); err != nil {
		return err
	}
	if err := wait(back, "the connection to come back"); err != nil {
		return err
	}
	if err := errors.Join(nc.Publish("judge.restart", []byte("after")), nc.FlushTimeout(patience)); err != nil {
		return err
	}
	for _, want := range []string{"before", "meanwhile", "after"} {
		select {
		case text := <-got:
			fmt.Println("got", text, text == want)
		case <-time.After(patience):
			return fmt.Errorf("%q did not come", want)
		}
	}
	return nil
}

func wait(what chan bool, name string) error {
	select {
	case <-what:
		return nil
	case <-time.After(3 * patience):
		return errors.New("waited in vain for " + name)
	}
}
