// Command crowd is many consumers of one topic, by nats.go, that come back by themselves: what crowd.mjs does, in the same
// lines.
//
//	crowd HOST:PORT TOKEN SUBJECT COUNT
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

const retry = 100 * time.Millisecond

func main() {
	address, token, subject := os.Args[1], os.Args[2], os.Args[3]
	count, err := strconv.Atoi(os.Args[4])
	for number := 0; err == nil && number < count; number++ {
		err = join(number, address, token, subject)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		os.Exit(1)
	}
	fmt.Println("ready", count)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func join(number int, address, token, subject string) error {
	nc, err := nats.Connect("nats://"+address, nats.Name(fmt.Sprintf("go-crowd-%d", number)), nats.Token(token),
		nats.MaxReconnects(-1), nats.ReconnectWait(retry), nats.ReconnectJitter(retry, retry),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { fmt.Println("away", number) }),
		nats.ReconnectHandler(func(*nats.Conn) { fmt.Println("back", number) }),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		return err
	}
	_, err = nc.Subscribe(subject, func(m *nats.Msg) {
		header := func(name string) string {
			if values := m.Header[name]; len(values) > 0 {
				return values[0]
			}
			return "-"
		}
		fmt.Println("got", number, header("Pl-Epoch"), header("Pl-Seq"), header("Pl-Gap"), string(m.Data))
	})
	if err != nil {
		return err
	}
	return nc.Flush()
}
