// Follows a topic that a peerline on this host shares: go run . "$(peerline url)" topic.demo/news [QUEUE]
package main

import (
	"fmt"
	"github.com/nats-io/nats.go"
	"log"
	"os"
	"time"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	// The name is the consumer's id: one connection at a time has it.
	connection := must(nats.Connect(os.Args[1], nats.Name("example-go"), nats.MaxReconnects(-1)))
	fmt.Printf("%.80s\n", must(connection.Request("$PL.API.STATUS", []byte("{}"), 5*time.Second)).Data)
	subscription := must(connection.QueueSubscribeSync(os.Args[2], append(os.Args, "")[3]))
	for message, err := range subscription.Msgs() {
		if gap := must(message, err).Header.Get("Pl-Gap"); gap != "" {
			fmt.Println("missed", gap) // by Pl-Seq, both included
		}
		fmt.Printf("%s: %.60s\n", message.Header.Get("Pl-From"), message.Data)
	}
}
