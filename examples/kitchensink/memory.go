package kitchensink

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/dockwright/dockwright/appkit"
)

// memory is [Accounts] for as long as the process lives.
type memory struct {
	mu     sync.Mutex
	tokens map[appkit.Account]appkit.Token
}

// Load implements appkit.Vault.
func (m *memory) Load(_ context.Context, a appkit.Account) (appkit.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.tokens[a]
	if !ok {
		return appkit.Token{}, appkit.ErrNotInstalled
	}
	return t, nil
}

// Replace implements appkit.Vault.
func (m *memory) Replace(_ context.Context, a appkit.Account, old, fresh appkit.Token) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, ok := m.tokens[a]; !ok || t.Access != old.Access {
		return false, nil
	}
	m.tokens[a] = fresh
	return true, nil
}

// Install implements Accounts.
func (m *memory) Install(_ context.Context, a appkit.Account, t appkit.Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tokens == nil {
		m.tokens = map[appkit.Account]appkit.Token{}
	}
	m.tokens[a] = t
	return nil
}

// Uninstall implements Accounts.
func (m *memory) Uninstall(_ context.Context, a appkit.Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.tokens, a)
	return nil
}

// Accounts implements Accounts.
func (m *memory) Accounts(context.Context) ([]appkit.Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Keys(m.tokens), func(a, b appkit.Account) int {
		return cmp.Or(cmp.Compare(a.Company, b.Company), cmp.Compare(a.User, b.User))
	}), nil
}
