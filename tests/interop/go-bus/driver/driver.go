// Package driver lets a test drive a program: one JSON request a line on standard input, one JSON answer or event a
// line on standard output.
//
//	{"id":1,"do":"publish","topic":"…","data":"<base64>"}   →   {"id":1}, or {"id":1,"error":"…"}
//	events carry "event" and no id
package driver

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// Answer is one line of output.
type Answer map[string]any

// Request is one line of input; each command reads the fields it needs.
type Request struct {
	ID      int      `json:"id"`
	Do      string   `json:"do"`
	Address string   `json:"address"`
	Topic   string   `json:"topic"`
	Data    []byte   `json:"data"`
	Many    [][]byte `json:"many"`
	Timeout int      `json:"timeout_ms"`
}

// Command does what a request asks for.
type Command func(context.Context, Request) (Answer, error)

var output struct {
	sync.Mutex
	*json.Encoder
}

// Say writes one line.
func Say(a Answer) {
	output.Lock()
	defer output.Unlock()
	if output.Encoder == nil {
		output.Encoder = json.NewEncoder(os.Stdout)
	}
	_ = output.Encode(a)
}

// Fail ends the program with what went wrong.
func Fail(err error) {
	fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
	os.Exit(1)
}

// Serve runs requests until the input ends or one says close. Each runs by itself, so that a test can have two things
// happen at once.
func Serve(commands map[string]Command) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 64<<10), 16<<20)
	for in.Scan() {
		var r Request
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			Say(Answer{"error": "not a request: " + err.Error()})
			continue
		}
		if r.Do == "close" {
			Say(Answer{"id": r.ID})
			return
		}
		go perform(commands[r.Do], r)
	}
}

func perform(command Command, r Request) {
	if command == nil {
		Say(Answer{"id": r.ID, "error": "no such command: " + r.Do})
		return
	}
	limit := 30 * time.Second
	if r.Timeout > 0 {
		limit = time.Duration(r.Timeout) * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	a, err := command(ctx, r)
	if a == nil {
		a = Answer{}
	}
	a["id"] = r.ID
	if err != nil {
		a["error"] = err.Error()
	}
	Say(a)
}
