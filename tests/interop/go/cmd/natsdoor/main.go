// Command natsdoor is a stock nats.go client that goes through everything a consumer does and writes down what it saw,
// one line per observation. The same run against a NATS server must give the same lines, so no line names a server,
// a port or a time.
//
//	natsdoor scenario HOST:PORT TOKEN     the whole transcript; "restart me" asks its driver to restart the server
//	natsdoor listen HOST:PORT TOKEN SUBJECT COUNT       one JSON line per message, after {"listening":SUBJECT}
//	natsdoor publish HOST:PORT TOKEN SUBJECT TEXT
//	natsdoor request HOST:PORT TOKEN SUBJECT TEXT       the answer on standard output
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

const patience = 10 * time.Second

// server is where the judge connects to, and with what.
type server struct{ address, token string }

func main() {
	if len(os.Args) < 4 {
		fail(fmt.Errorf("usage: natsdoor scenario|listen|publish|request HOST:PORT TOKEN [SUBJECT [TEXT|COUNT]]"))
	}
	at := server{os.Args[2], os.Args[3]}
	arguments := append(os.Args[4:], "", "")
	var err error
	switch os.Args[1] {
	case "scenario":
		err = runScenario(at)
	case "listen":
		err = listen(at, arguments[0], arguments[1])
	case "publish":
		err = publish(at, arguments[0], arguments[1])
	case "request":
		err = request(at, arguments[0], arguments[1])
	default:
		err = fmt.Errorf("no such command: %s", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "natsdoor:", err)
	os.Exit(1)
}

func (s server) connect(name string, more ...nats.Option) (*nats.Conn, error) {
	options := append([]nats.Option{
		nats.Name(name), nats.Token(s.token), nats.Timeout(patience), nats.NoReconnect(),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			fmt.Fprintln(os.Stderr, "natsdoor: asynchronous:", err)
		}),
	}, more...)
	return nats.Connect("nats://"+s.address, options...)
}

func listen(at server, subject, count string) error {
	limit, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	nc, err := at.connect("natsdoor-listen")
	if err != nil {
		return err
	}
	defer nc.Close()
	sub, err := nc.SubscribeSync(subject)
	if err != nil {
		return err
	}
	if err := nc.Flush(); err != nil {
		return err
	}
	lines := json.NewEncoder(os.Stdout)
	if err := lines.Encode(map[string]string{"listening": subject}); err != nil {
		return err
	}
	for range limit {
		m, err := sub.NextMsg(3 * patience)
		if err != nil {
			return err
		}
		if err := lines.Encode(map[string]any{"subject": m.Subject, "headers": m.Header, "data": m.Data}); err != nil {
			return err
		}
	}
	return nil
}

func publish(at server, subject, text string) error {
	nc, err := at.connect("natsdoor-publish")
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := nc.Publish(subject, []byte(text)); err != nil {
		return err
	}
	return nc.FlushTimeout(patience)
}

func request(at server, subject, text string) error {
	nc, err := at.connect("natsdoor-request")
	if err != nil {
		return err
	}
	defer nc.Close()
	m, err := nc.Request(subject, []byte(text), patience)
	if err != nil {
		return err
	}
	fmt.Println(string(m.Data))
	return nil
}
