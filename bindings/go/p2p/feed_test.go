package p2p

import (
	"reflect"
	"testing"
)

func TestGapsAreReadAsTheNodeWritesThem(t *testing.T) {
	for text, want := range map[string]*Gap{
		"3-7":         {Why: WhySlow, Count: 5, From: 3, To: 7},
		"3-3":         {Why: WhySlow, Count: 1, From: 3, To: 3},
		"3-7 away":    {Why: WhyAway, Count: 5, From: 3, To: 7},
		"3-7 restart": {Why: WhyRestart, Count: 5, From: 3, To: 7},
		"":            nil,
		"7":           nil,
		"7-3":         nil,
		"a-b":         nil,
	} {
		if got := readGap(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %+v, not %+v", text, got, want)
		}
	}
}

func TestAfterATimeAwayTheNumbersTellWhatWasMissed(t *testing.T) {
	at := func(epoch string, seq uint64) numbered { return numbered{epoch: epoch, seq: seq} }
	told := func() *Gap { return &Gap{Why: WhySlow, Count: 2, From: 6, To: 7} }
	for name, test := range map[string]struct {
		feed feed
		next numbered
		want *Gap
	}{
		"nothing while attached": {feed{epoch: "e", seq: 5}, at("e", 9), nil},
		"nothing missed":         {feed{epoch: "e", seq: 5, back: WhyAway}, at("e", 6), nil},
		"three missed":           {feed{epoch: "e", seq: 5, back: WhyAway}, at("e", 9), &Gap{Why: WhyAway, Count: 3, From: 6, To: 8}},
		"some were our own":      {feed{epoch: "e", seq: 5, own: 2, back: WhyAway}, at("e", 9), &Gap{Why: WhyAway, Count: 1}},
		"all were our own":       {feed{epoch: "e", seq: 5, own: 3, back: WhyAway}, at("e", 9), nil},
		"another epoch":          {feed{epoch: "e", seq: 5, back: WhyRestart}, at("f", 9), &Gap{Why: WhyRestart}},
		"never heard anything":   {feed{back: WhyRestart}, at("f", 9), &Gap{Why: WhyRestart}},
		"told while attached":    {feed{epoch: "e", seq: 5}, numbered{"e", 8, told()}, told()},
		"told of but a part":     {feed{epoch: "e", seq: 3, back: WhyAway}, numbered{"e", 8, told()}, &Gap{Why: WhyAway, Count: 4, From: 4, To: 7}},
		"told for the first":     {feed{back: WhyAway}, numbered{"e", 8, told()}, &Gap{Why: WhyAway, Count: 2, From: 6, To: 7}},
		"told a group":           {feed{key: feedKey{group: "g"}, back: WhyRestart}, numbered{"e", 8, told()}, &Gap{Why: WhyRestart, Count: 2, From: 6, To: 7}},
		"never heard, just away": {feed{back: WhyAway}, at("f", 9), nil},
		"a group gets but some":  {feed{key: feedKey{group: "g"}, epoch: "e", seq: 5, back: WhyAway}, at("e", 9), nil},
	} {
		f := test.feed
		if got := f.advance(test.next); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, not %+v", name, got, test.want)
		}
		if f.epoch != test.next.epoch || f.seq != test.next.seq || f.own != 0 || f.back != "" {
			t.Errorf("%s: then at %+v", name, f)
		}
	}
}
