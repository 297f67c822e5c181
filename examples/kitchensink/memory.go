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

// Accounts implements Accounts.
func (m *memory) Accounts(context.Context) ([]appkit.Account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Keys(m.all), func(a, b appkit.Account) int {
		return cmp.Or(cmp.Compare(a.Company, b.Company), cmp.Compare(a.User, b.User))
	}), nil
}
