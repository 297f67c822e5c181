package appkit

import (
	"context"
	"sync"
)

// Memory is a [Store] that ends with the process: for tests, and for the first
// hour of an app. Its zero value is ready. Package sqlvault has one that lasts.
type Memory struct {
	mu     sync.Mutex
	tokens map[Account]Token
}

// Install implements [Store].
func (m *Memory) Install(_ context.Context, a Account, t Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tokens == nil {
		m.tokens = map[Account]Token{}
	}
	m.tokens[a] = t
	return nil
}

// Uninstall implements [Store].
func (m *Memory) Uninstall(_ context.Context, a Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.tokens, a)
	return nil
}

// Load implements [Vault].
func (m *Memory) Load(_ context.Context, a Account) (Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.tokens[a]
	if !ok {
		return Token{}, ErrNotInstalled
	}
	return t, nil
}

// Replace implements [Vault].
func (m *Memory) Replace(_ context.Context, a Account, old, fresh Token) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, ok := m.tokens[a]; !ok || t.Access != old.Access {
		return false, nil
	}
	m.tokens[a] = fresh
	return true, nil
}
