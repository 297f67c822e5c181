package kitchensink

import (
	"context"
	"sync"

	"github.com/dockwright/dockwright/appkit"
)

// memory is [Accounts] for as long as the process lives.
type memory struct {
	appkit.Memory
	mu  sync.Mutex
	all map[appkit.Account]bool
}

// Install implements appkit.Store.
func (m *memory) Install(ctx context.Context, a appkit.Account, t appkit.Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all[a] = true
	return m.Memory.Install(ctx, a, t)
}

// Uninstall implements appkit.Store.
func (m *memory) Uninstall(ctx context.Context, a appkit.Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, a)
	return m.Memory.Uninstall(ctx, a)
}

// Count implements Accounts.
func (m *memory) Count(context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.all), nil
}
