package authz

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

// DeleteApp removes an app of the caller's company for good: every installation
// in every company ends with its tokens, the app is told of each, and then it is
// gone from the Developer Hub and the Marketplace.
// spec: devhub.delete
func (s *Service) DeleteApp(ctx context.Context, c route.Caller, clientID string) error {
	app, err := s.apps.ByClientID(ctx, clientID)
	if err != nil {
		return err
	}
	if app.Owner != c.Company {
		return fault.New(fault.NotFound, "client_id", "There is no app with the client id %q.", clientID)
	}
	if !c.Admin {
		return fault.New(fault.Forbidden, "", "Only admins of the company can delete its apps. Ask an admin to do it.")
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		all, err := installationsOf(tx, clientID)
		if err != nil {
			return err
		}
		for _, i := range all {
			if err := s.endInstallation(tx.Bind(i.Company), i, app); err != nil {
				return err
			}
		}
		return s.apps.Delete(tx.Bind(app.Owner), clientID)
	})
}

// installationsOf lists an app's installations in all companies, in the order in
// which their lanes are locked.
func installationsOf(tx *store.Tx, clientID string) ([]Installation, error) {
	all, err := store.Select(tx.Unbound(), scanInstallation, `SELECT `+installationColumns+` FROM authz_installation WHERE client_id = ?`, clientID)
	slices.SortFunc(all, func(a, b Installation) int {
		return cmp.Or(cmp.Compare(a.Company, b.Company), cmp.Compare(a.ID, b.ID))
	})
	return all, err
}

// endInstallation is an uninstall that its owner did not ask for. tx is bound to
// the installation's company.
func (s *Service) endInstallation(tx *store.Tx, i Installation, app devhub.App) error {
	if err := Lock(tx, i.ClientID); err != nil {
		return err
	}
	if err := removeInstallation(tx, i); err != nil || app.CallbackURL == "" {
		return err
	}
	body, err := json.Marshal(oauthapi.NewUninstalled(i.ClientID, i.Company, i.User, s.db.Now()))
	if err != nil {
		return fmt.Errorf("uninstall callback: %w", err)
	}
	return lane.Add(tx, lane.Job{Kind: uninstallJob, Key: laneKey(i.ClientID), Payload: body})
}
