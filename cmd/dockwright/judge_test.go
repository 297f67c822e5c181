package main

import (
	"fmt"
	"sync"
	"testing"
)

// utterance is the n-th thing that one side said in one conversation. Its text
// is unique, so it can be found again wherever it went.
type utterance struct {
	side byte // 'v' for the visitor, 'a' for the agent
	who  int  // the conversation
	n    int  // counted from 1
}

func (u utterance) text() string { return fmt.Sprintf("%c%02d-%04d", u.side, u.who, u.n) }

// picture reports whether the utterance carries one: every seventh does.
func (u utterance) picture() bool { return u.n%7 == 0 }

// ledger is what people know for sure: what was acknowledged to them.
type ledger struct {
	mu    sync.Mutex
	acked map[utterance]bool
}

func newLedger() *ledger {
	return &ledger{acked: map[utterance]bool{}}
}

func (l *ledger) ack(u utterance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked[u] = true
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// spoken is a message as it was found in some place.
type spoken struct {
	text     string
	pictures int
}

// utterances reads what was found back into who said what. A picture that is not
// where it should be makes the message count as not found.
func utterances(found []spoken) []utterance {
	var us []utterance
	for _, s := range found {
		var u utterance
		if n, err := fmt.Sscanf(s.text, "%c%02d-%04d", &u.side, &u.who, &u.n); n != 3 || err != nil {
			continue
		}
		if u.picture() == (s.pictures == 1) {
			us = append(us, u)
		}
	}
	return us
}

// finding is what is wrong with what was found in one place.
type finding struct{ lost, doubled, reordered int }

func (f *finding) add(g finding) {
	f.lost += g.lost
	f.doubled += g.doubled
	f.reordered += g.reordered
}

func (f finding) clean() bool { return f == finding{} }

// judge compares what is found in one place, in the order in which it stands
// there, with what was acknowledged by one side of one conversation.
func (l *ledger) judge(side byte, who int, found []utterance) finding {
	l.mu.Lock()
	defer l.mu.Unlock()
	var f finding
	seen := map[utterance]bool{}
	last := 0
	for _, u := range found {
		if u.side != side || u.who != who {
			continue
		}
		switch {
		case seen[u]:
			f.doubled++
		case u.n < last:
			f.reordered++
		default:
			last = u.n
		}
		seen[u] = true
	}
	for u := range l.acked {
		if u.side == side && u.who == who && !seen[u] {
			f.lost++
		}
	}
	return f
}

func TestJudge(t *testing.T) {
	t.Parallel()
	said := func(ns ...int) (us []utterance) {
		for _, n := range ns {
			us = append(us, utterance{'v', 1, n})
		}
		return us
	}
	for name, c := range map[string]struct {
		acked, found []int
		want         finding
	}{
		"all is there":                      {[]int{1, 2, 3}, []int{1, 2, 3}, finding{}},
		"one more that nobody was promised": {[]int{1, 2}, []int{1, 2, 3}, finding{}},
		"one is missing":                    {[]int{1, 2, 3}, []int{1, 3}, finding{lost: 1}},
		"one is there twice":                {[]int{1, 2}, []int{1, 2, 2}, finding{doubled: 1}},
		"two changed places":                {[]int{1, 2, 3}, []int{1, 3, 2}, finding{reordered: 1}},
		"nothing arrived":                   {[]int{1, 2}, nil, finding{lost: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger()
			for _, u := range said(c.acked...) {
				l.ack(u)
			}
			if got := l.judge('v', 1, said(c.found...)); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
