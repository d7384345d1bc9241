package p2p

import (
	"encoding/binary"
	"reflect"
	"slices"
	"testing"
)

// push pushes n messages of so many bytes, which begin with their number.
func push(r *reader, n, size int) {
	for i := 1; i <= n; i++ {
		r.push(Message{Data: binary.BigEndian.AppendUint64(make([]byte, 0, size), uint64(i))[:size]}, uint64(i), nil)
	}
}

func number(m Message) uint64 { return binary.BigEndian.Uint64(m.Data) }

func TestAReaderGetsEverythingInOrderUnderTheNameItAskedFor(t *testing.T) {
	r := newReader("block", func(g Gap) { t.Errorf("a gap: %+v", g) })
	for i := byte(0); i < 250; i++ {
		r.push(Message{Data: []byte{i}}, uint64(i)+1, nil)
	}
	r.finish()
	next := byte(0)
	for m := range r.out {
		if m.Topic != "block" || m.Data[0] != next {
			t.Fatalf("%d is %+v", next, m)
		}
		next++
	}
	if next != 250 {
		t.Errorf("%d messages", next)
	}
}

func TestWhatDoesNotFitIsToldExactlyAndInItsPlace(t *testing.T) {
	const n = 300
	gaps := make(chan Gap, n)
	r := newReader("block", func(g Gap) { gaps <- g })
	push(r, n, 1<<20)
	r.finish()
	var heard, missed []uint64
	for m := range r.out {
		heard = append(heard, number(m))
	}
	close(gaps)
	for g := range gaps {
		if g.Why != WhyReader || g.Topic != "block" || g.To != g.From+g.Count-1 {
			t.Errorf("%+v", g)
		}
		for i := g.From; i <= g.To; i++ {
			missed = append(missed, i)
		}
	}
	if len(missed) < n-channelSlots-2*readerBytes>>20 || !slices.IsSorted(heard) || !slices.IsSorted(missed) {
		t.Errorf("heard %v, missed %v", heard, missed)
	}
	all := append(heard, missed...)
	slices.Sort(all)
	for i, seq := range all {
		if seq != uint64(i)+1 || len(all) != n {
			t.Fatalf("heard %v, missed %v", heard, missed)
		}
	}
}

func TestAHoleIsToldBeforeTheMessageAfterIt(t *testing.T) {
	gaps := make(chan Gap, 10)
	r := newReader("t", func(g Gap) { gaps <- g })
	r.push(Message{}, 1, nil)
	<-r.out
	r.push(Message{}, 5, &Gap{Why: WhySlow, Count: 3, From: 2, To: 4})
	<-r.out
	select {
	case g := <-gaps:
		if (g != Gap{Topic: "t", Why: WhySlow, Count: 3, From: 2, To: 4}) {
			t.Errorf("%+v", g)
		}
	default:
		t.Error("the message came first")
	}
	r.abort()
}

func TestAHoleThatNothingFollowsIsToldWhenTheQueueHasBeenRead(t *testing.T) {
	gaps := make(chan Gap, 1)
	r := newReader("t", func(g Gap) { gaps <- g })
	r.missed(Gap{Why: WhyReader, Count: 7})
	if g := <-gaps; g.Count != 7 {
		t.Errorf("%+v", g)
	}
	r.abort()
}

func TestHolesThatFollowEachOtherAreOne(t *testing.T) {
	gap := func(count, from, to uint64) *Gap { return &Gap{Why: WhySlow, Count: count, From: from, To: to} }
	for _, test := range [][3]*Gap{
		{nil, nil, nil},
		{gap(2, 3, 4), nil, gap(2, 3, 4)},
		{nil, gap(2, 3, 4), gap(2, 3, 4)},
		{gap(2, 3, 4), gap(1, 5, 5), gap(3, 3, 5)},
		{gap(2, 3, 4), gap(1, 9, 9), gap(3, 0, 0)},
		{gap(2, 3, 4), gap(0, 0, 0), gap(0, 0, 0)},
	} {
		if got := widen(test[0], test[1]); !reflect.DeepEqual(got, test[2]) {
			t.Errorf("%+v and %+v are %+v", test[0], test[1], got)
		}
	}
}

func TestAnAbortedReaderDiscardsWhatWaits(t *testing.T) {
	r := newReader("t", func(Gap) {})
	push(r, 2*channelSlots, 8)
	r.abort()
	n := 0
	for range r.out {
		n++
	}
	if n > channelSlots {
		t.Errorf("%d messages", n)
	}
	r.push(Message{}, 1, nil) // harmless
	r.abort()                 // likewise
}
