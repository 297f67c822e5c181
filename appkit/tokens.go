package appkit

import (
	"context"
	"sync"
	"time"
)

const (
	// early is how long before its expiry a token is renewed, so that it does not
	// expire on its way.
	early = time.Minute
	// claimTime is how long one node may take over a refresh before another tries.
	claimTime = 20 * time.Second
	claimPoll = 100 * time.Millisecond
)

// A Vault keeps tokens. It must seal them: they are as secret as passwords.
type Vault interface {
	// Load returns the account's token, or ErrNotInstalled.
	Load(ctx context.Context, a Account) (Token, error)
	// Replace stores fresh if the account's access token is still old's, and
	// reports whether it was. It must compare and store in one step.
	Replace(ctx context.Context, a Account, old, fresh Token) (bool, error)
}

// A Claimer is a Vault that several processes share. Only the process that holds
// the claim refreshes.
type Claimer interface {
	// Claim reports whether the caller may refresh seen. A claim ends with
	// Replace, or after the given time.
	Claim(ctx context.Context, a Account, seen Token, last time.Duration) (bool, error)
}

// A Refresher asks for a new token. *OAuth is one.
type Refresher interface {
	Refresh(ctx context.Context, old Token) (Token, error)
}

// Tokens hands out access tokens that work. However many requests notice at once
// that a token has expired, it is refreshed once.
type Tokens struct {
	Vault  Vault
	Source Refresher
	Now    func() time.Time

	mu    sync.Mutex
	gates map[Account]*gate
}

// gate lets one request of an account refresh at a time.
type gate struct {
	lock chan struct{} // a channel, so that waiting ends with a context

	// Guarded by Tokens.mu: how many refreshes ended, and the last one's error.
	ended int
	err   error
}

// Get returns the account's token, refreshed if it expires within a minute. The
// error may be ErrNotInstalled or ErrRevoked.
func (t *Tokens) Get(ctx context.Context, a Account) (Token, error) {
	tok, err := t.Vault.Load(ctx, a)
	if err != nil || !t.stale(tok) {
		return tok, err
	}
	return t.renew(ctx, a, t.stale)
}

// Renew returns another token than the one with the access token refused, which
// the host answered with 401. If somebody else renewed it meanwhile, that one is
// returned and the host is not asked.
func (t *Tokens) Renew(ctx context.Context, a Account, refused string) (Token, error) {
	return t.renew(ctx, a, func(tok Token) bool { return tok.Access == refused })
}

func (t *Tokens) stale(tok Token) bool { return !nowOr(t.Now).Before(tok.Expiry.Add(-early)) }

// renew refreshes the token while useless says that it is of no use.
func (t *Tokens) renew(ctx context.Context, a Account, useless func(Token) bool) (Token, error) {
	g, before := t.gate(a)
	select {
	case g.lock <- struct{}{}:
	case <-ctx.Done():
		return Token{}, ctx.Err()
	}
	defer func() { <-g.lock }()
	if err := t.failed(g, before); err != nil {
		return Token{}, err // whoever was before us has just asked in vain
	}
	for {
		tok, err := t.Vault.Load(ctx, a)
		if err != nil || !useless(tok) {
			return tok, err // whoever was before us has renewed it
		}
		mine, err := t.claim(ctx, a, tok)
		if err != nil {
			return Token{}, err
		}
		if mine {
			tok, err = t.refresh(ctx, a, tok)
			t.end(g, err)
			return tok, err
		}
		select {
		case <-time.After(claimPoll):
		case <-ctx.Done():
			return Token{}, ctx.Err()
		}
	}
}

func (t *Tokens) claim(ctx context.Context, a Account, seen Token) (bool, error) {
	if c, ok := t.Vault.(Claimer); ok {
		return c.Claim(ctx, a, seen, claimTime)
	}
	return true, nil
}

func (t *Tokens) refresh(ctx context.Context, a Account, old Token) (Token, error) {
	fresh, err := t.Source.Refresh(ctx, old)
	if err != nil {
		// Storing the old one again ends the claim, so that others need not wait.
		_, _ = t.Vault.Replace(context.WithoutCancel(ctx), a, old, old)
		return Token{}, err
	}
	// The host has issued it: it is kept even if the request has ended meanwhile.
	ok, err := t.Vault.Replace(context.WithoutCancel(ctx), a, old, fresh)
	if err != nil {
		return Token{}, err
	}
	if !ok { // uninstalled, installed anew, or refreshed elsewhere meanwhile
		return t.Vault.Load(ctx, a)
	}
	return fresh, nil
}

// gate returns the account's gate and how many refreshes ended there so far.
func (t *Tokens) gate(a Account) (*gate, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gates == nil {
		t.gates = map[Account]*gate{}
	}
	if t.gates[a] == nil {
		t.gates[a] = &gate{lock: make(chan struct{}, 1)}
	}
	return t.gates[a], t.gates[a].ended
}

// failed returns the error of the last refresh if it ended after the caller came.
func (t *Tokens) failed(g *gate, before int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if g.ended == before {
		return nil
	}
	return g.err
}

func (t *Tokens) end(g *gate, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g.ended++
	g.err = err
}
