package authz

import (
	"fmt"

	"github.com/dockwright/dockwright/internal/store"
)

// ForgetApp removes every company's installations of an app, so that the app can
// be removed. The app is not told.
func (s *Service) ForgetApp(tx *store.Tx, clientID string) error {
	if _, err := tx.Unbound().Exec(`DELETE FROM authz_installation WHERE client_id = ?`, clientID); err != nil {
		return fmt.Errorf("remove the installations of app %s: %w", clientID, err)
	}
	return nil
}
