// Command scenario is what every consumer does, by a stock nats.go client: the scenario that scenario.c, scenario.py and
// scenario.mjs run too. They write the same lines. "restart me" asks whoever runs it to restart the server.
//
//	scenario HOST:PORT TOKEN
//	scenario refusals HOST:PORT TOKEN      what our door refuses, which must not end the connection
package main

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	patience = 30 * time.Second
	mib      = 1 << 20
)

var address, token string

type step struct {
	name string
	run  func() error
}

var steps = []step{
	{"subscribe", subscribe},
	{"wildcards", wildcards},
	{"queue group", queueGroup},
	{"headers", headers},
	{"request", request},
	{"a megabyte each way", megabyte},
	{"a hundred thousand in order", many},
	{"restart under load", restart},
	{"drain", drain},
}

func main() {
	address, token = os.Args[len(os.Args)-2], os.Args[len(os.Args)-1]
	if os.Args[1] == "refusals" {
		steps = []step{{"refusals", refusals}}
	}
	for _, step := range steps {
		fmt.Println("#", step.name)
		if err := step.run(); err != nil {
			fmt.Fprintln(os.Stderr, "scenario:", step.name+":", err)
			os.Exit(1)
		}
	}
	fmt.Println("# end")
}

func connect(name string, more ...nats.Option) (*nats.Conn, error) {
	options := append([]nats.Option{
		nats.Name("go-" + name), nats.Token(token), nats.Timeout(patience), nats.NoReconnect(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, more...)
	return nats.Connect("nats://"+address, options...)
}

// pair connects two.
func pair(one, other string) (*nats.Conn, *nats.Conn, error) {
	first, err := connect(one)
	if err != nil {
		return nil, nil, err
	}
	second, err := connect(other)
	return first, second, err
}

func digest(data []byte) string { return fmt.Sprintf("%d:%08x", len(data), crc32.ChecksumIEEE(data)) }

// take gives what has come, once a flush has made sure that all of it is here.
func take(sub *nats.Subscription) []*nats.Msg {
	var got []*nats.Msg
	for {
		m, err := sub.NextMsg(time.Millisecond)
		if err != nil {
			return got
		}
		got = append(got, m)
	}
}

func until(met func() bool, what string) error {
	for end := time.Now().Add(patience); !met(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return errors.New("waited in vain for " + what)
		}
	}
	return nil
}

func subscribe() error {
	nc, err := connect("subscribe")
	if err != nil {
		return err
	}
	defer nc.Close()
	sub, err := nc.SubscribeSync("sc.core")
	for _, text := range []string{"one", "", "grüß", "a\r\nb\x00c"} {
		err = errors.Join(err, nc.Publish("sc.core", []byte(text)))
	}
	err = errors.Join(err, nc.Publish("sc.other", []byte("not for us")), nc.Flush())
	got := take(sub)
	line := make([]string, len(got))
	for i, m := range got {
		line[i] = m.Subject + "=" + digest(m.Data)
	}
	fmt.Println(strings.Join(line, " "))
	err = errors.Join(err, sub.Unsubscribe(), nc.Publish("sc.core", []byte("late")), nc.Flush())
	fmt.Println("after unsubscribe", len(got)+len(take(sub)))
	return err
}

func wildcards() error {
	nc, err := connect("wildcards")
	if err != nil {
		return err
	}
	defer nc.Close()
	patterns := []string{"sc.w.*.c", "sc.w.>", "sc.w.1.*", "sc.w", "sc.*.1.c", "sc.w.x*", "sc.w.*", "teranode/bitcoin/1.*.*"}
	subs := make([]*nats.Subscription, len(patterns))
	for i, pattern := range patterns {
		if subs[i], err = nc.SubscribeSync(pattern); err != nil {
			return err
		}
	}
	for _, subject := range []string{"sc.w", "sc.w.1", "sc.w.1.c", "sc.w.1.2.c", "sc.w.xy", "sc.w.x*", "sc.v.1.c", "sc.W.1.c",
		"teranode/bitcoin/1.0.0/mainnet-block"} {
		err = errors.Join(err, nc.Publish(subject, []byte("-")))
	}
	err = errors.Join(err, nc.Flush())
	for i, pattern := range patterns {
		line := []string{pattern + ":"}
		for _, m := range take(subs[i]) {
			line = append(line, m.Subject)
		}
		fmt.Println(strings.Join(line, " "))
	}
	return err
}

func queueGroup() error {
	one, two, err := pair("member-1", "member-2")
	if err != nil {
		return err
	}
	defer one.Close()
	defer two.Close()
	sender, err := connect("sender")
	if err != nil {
		return err
	}
	defer sender.Close()
	first, a := one.QueueSubscribeSync("sc.queue", "workers")
	second, b := two.QueueSubscribeSync("sc.queue", "workers")
	plain, c := one.SubscribeSync("sc.queue")
	err = errors.Join(a, b, c, one.Flush(), two.Flush())
	for i := range 300 {
		err = errors.Join(err, sender.Publish("sc.queue", []byte(strconv.Itoa(i))))
	}
	if err = errors.Join(err, sender.Flush(), one.Flush(), two.Flush()); err != nil {
		return err
	}
	mine, yours := take(first), take(second)
	different := map[string]bool{}
	for _, m := range append(mine[:len(mine):len(mine)], yours...) {
		different[string(m.Data)] = true
	}
	fmt.Println("group", len(mine)+len(yours), "different", len(different), "both", len(mine) > 50 && len(yours) > 50,
		"plain", len(take(plain)))
	return nil
}

func headers() error {
	nc, err := connect("headers")
	if err != nil {
		return err
	}
	defer nc.Close()
	sub, err := nc.SubscribeSync("sc.headers")
	err = errors.Join(err,
		nc.PublishMsg(&nats.Msg{Subject: "sc.headers", Header: nats.Header{"X": {"first", "second"}, "lower-case": {"kept"}}, Data: []byte("with")}),
		nc.Publish("sc.headers", []byte("without")), nc.Flush())
	got := take(sub)
	if err != nil || len(got) != 2 {
		return errors.Join(err, fmt.Errorf("%d of 2 came", len(got)))
	}
	fmt.Printf("X=%s lower-case=%s %s\n", strings.Join(got[0].Header["X"], ","), got[0].Header["lower-case"][0], digest(got[0].Data))
	fmt.Println("none", len(got[1].Header) == 0, digest(got[1].Data))
	return nil
}

func request() error {
	server, asker, err := pair("server", "asker")
	if err != nil {
		return err
	}
	defer server.Close()
	defer asker.Close()
	_, err = server.QueueSubscribe("sc.service", "workers", func(m *nats.Msg) {
		_ = m.RespondMsg(&nats.Msg{Subject: m.Reply, Data: m.Data, Header: nats.Header{"Was": {m.Header["Ask"][0]}}})
	})
	if err = errors.Join(err, server.Flush()); err != nil {
		return err
	}
	good := 0
	for i := range 100 {
		ask := &nats.Msg{Subject: "sc.service", Data: fmt.Appendf(nil, "q%d", i), Header: nats.Header{"Ask": {strconv.Itoa(i)}}}
		m, err := asker.RequestMsg(ask, patience)
		if err != nil {
			return err
		}
		if string(m.Data) == string(ask.Data) && m.Header["Was"][0] == strconv.Itoa(i) {
			good++
		}
	}
	fmt.Println("answered", good)
	for range 2 {
		if _, err := asker.Request("sc.nobody", []byte("?"), patience); errors.Is(err, nats.ErrNoResponders) {
			fmt.Println("no responders")
		} else {
			fmt.Println("answered?", err)
		}
	}
	return nil
}

func megabyte() error {
	server, asker, err := pair("server", "asker")
	if err != nil {
		return err
	}
	defer server.Close()
	defer asker.Close()
	_, err = server.Subscribe("sc.big", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	if err = errors.Join(err, server.Flush()); err != nil {
		return err
	}
	for _, size := range []int{0, 1, 65536, mib} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(i*31 + i/251)
		}
		m, err := asker.Request("sc.big", data, patience)
		if err != nil {
			return err
		}
		fmt.Println(digest(m.Data), "same", bytes.Equal(m.Data, data))
	}
	if err := asker.Publish("sc.big", make([]byte, asker.MaxPayload()+1)); errors.Is(err, nats.ErrMaxPayload) {
		fmt.Println("one byte more: refused")
	} else {
		fmt.Println("one byte more: sent", err)
	}
	return nil
}

func many() error {
	const count = 100_000
	reader, writer, err := pair("reader", "writer")
	if err != nil {
		return err
	}
	defer reader.Close()
	defer writer.Close()
	var seen atomic.Int64
	inOrder, sum := true, uint32(0)
	_, err = reader.Subscribe("sc.many", func(m *nats.Msg) {
		n, e := strconv.Atoi(string(m.Data))
		inOrder = inOrder && e == nil && int64(n) == seen.Load()
		sum = crc32.Update(sum, crc32.IEEETable, m.Data)
		seen.Add(1)
	})
	err = errors.Join(err, reader.Flush())
	for i := range count {
		err = errors.Join(err, writer.Publish("sc.many", fmt.Appendf(nil, "%016d", i)))
		if i%1000 == 999 {
			err = errors.Join(err, writer.Flush())
		}
	}
	if err = errors.Join(err, until(func() bool { return seen.Load() >= count }, "all messages")); err != nil {
		return err
	}
	fmt.Printf("received %d in order %t checksum %08x\n", seen.Load(), inOrder, sum)
	return nil
}

func restart() error {
	gone, back := make(chan bool, 10), make(chan bool, 10)
	patient := []nats.Option{func(o *nats.Options) error { o.AllowReconnect = true; return nil },
		nats.MaxReconnects(-1), nats.ReconnectWait(50 * time.Millisecond), nats.ReconnectJitter(0, 0)}
	nc, err := connect("restart", append(patient,
		nats.DisconnectErrHandler(func(*nats.Conn, error) { gone <- true }),
		nats.ReconnectHandler(func(*nats.Conn) { back <- true }))...)
	if err != nil {
		return err
	}
	defer nc.Close()
	loader, err := connect("load", patient...)
	if err != nil {
		return err
	}
	defer loader.Close()
	sub, err := nc.SubscribeSync("sc.restart")
	var last, loaded atomic.Int64
	last.Store(-1)
	increasing := true
	_, e := nc.Subscribe("sc.load", func(m *nats.Msg) {
		n, err := strconv.ParseInt(string(m.Data), 10, 64)
		increasing = increasing && err == nil && n > last.Load()
		last.Store(n)
	})
	if err = errors.Join(err, e, nc.Flush()); err != nil {
		return err
	}
	enough := make(chan bool)
	defer close(enough)
	go load(loader, &loaded, enough)
	publish := func(word string, count int) {
		for range count {
			err = errors.Join(err, nc.Publish("sc.restart", []byte(word)))
		}
	}
	publish("before", 1000)
	err = errors.Join(err, nc.Flush())
	fmt.Println("restart me")
	err = errors.Join(err, wait(gone, "the connection to end"))
	publish("meanwhile", 100)
	err = errors.Join(err, wait(back, "the connection to come back"))
	publish("after", 1000)
	err = errors.Join(err, nc.Flush())
	since := loaded.Load()
	if err = errors.Join(err, until(func() bool { return last.Load() >= since }, "the load to go on")); err != nil {
		return err
	}
	counts := map[string]int{}
	for _, m := range take(sub) {
		counts[string(m.Data)]++
	}
	for _, word := range []string{"before", "meanwhile", "after"} {
		fmt.Println(word, counts[word])
	}
	fmt.Println("load increasing", increasing, "goes on true")
	return nil
}

func load(nc *nats.Conn, loaded *atomic.Int64, enough chan bool) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-enough:
			return
		case <-tick.C:
			_ = nc.Publish("sc.load", []byte(strconv.FormatInt(loaded.Load(), 10)))
			loaded.Add(1)
		}
	}
}

func drain() error {
	closed := make(chan bool, 1)
	nc, err := connect("drain", nats.ClosedHandler(func(*nats.Conn) { closed <- true }))
	if err != nil {
		return err
	}
	got := 0
	_, err = nc.Subscribe("sc.drain", func(*nats.Msg) { got++ })
	for range 1000 {
		err = errors.Join(err, nc.Publish("sc.drain", []byte("x")))
	}
	err = errors.Join(err, nc.Drain(), wait(closed, "drain to end"))
	fmt.Println("drained", got, "closed", nc.IsClosed())
	return err
}

func refusals() error {
	var told, back atomic.Int64
	nc, err := connect("refusals", func(o *nats.Options) error { o.AllowReconnect = true; return nil },
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) { told.Add(1) }),
		nats.ReconnectHandler(func(*nats.Conn) { back.Add(1) }))
	if err != nil {
		return err
	}
	defer nc.Close()
	ignore := func(*nats.Msg) {}
	long := strings.Repeat("a", 1100)
	for _, subject := range []string{"topic.%zz", long} {
		_, e := nc.Subscribe(subject, ignore)
		err = errors.Join(err, e)
	}
	_, e := nc.QueueSubscribe("topic.%zz.q", "group", ignore)
	err = errors.Join(err, e)
	for _, subject := range []string{"$PL.EVENT.MINE", "topic.%zz", long} {
		err = errors.Join(err, nc.Publish(subject, []byte("x")))
	}
	err = errors.Join(err, nc.PublishRequest("sc.reply", "_R_.x", []byte("x")))
	sub, e := nc.SubscribeSync("sc.goes.on")
	err = errors.Join(err, e, nc.Publish("sc.goes.on", []byte("x")), nc.Flush(),
		until(func() bool { return told.Load() > 0 }, "an error to be told"))
	fmt.Println("told", told.Load() > 0, "reconnected", back.Load() > 0, "closed", nc.IsClosed(), "goes on", len(take(sub)) == 1)
	return err
}

func wait(what chan bool, name string) error {
	select {
	case <-what:
		return nil
	case <-time.After(patience):
		return errors.New("waited in vain for " + name)
	}
}
