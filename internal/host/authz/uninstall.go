package authz

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/outbound"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/lane"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/pipedrive/oauthapi"
)

// Kinds of lane jobs.
const (
	uninstallJob = "authz.uninstall_callback"
	sharingJob   = "authz.sharing_callback"
)

// callbackPatience is how long a callback is tried that reaches nobody. The
// original tries once.
const callbackPatience = 24 * time.Hour

// errNotOwner is what colleagues of the owner get, admins too.
// spec: authz.owner-only
var errNotOwner = fault.New(fault.Forbidden, "", "Only the app owner can uninstall or share this app. Ask the colleague who installed it.")

// Uninstall removes the caller's installation of an app with all its tokens, and
// tells the app. A colleague of the owner gets fault.Forbidden.
// spec: authz.uninstall
func (s *Service) Uninstall(ctx context.Context, c route.Caller, clientID string) error {
	app, err := s.apps.ByClientID(ctx, clientID)
	if err != nil {
		return hideUnknown(clientID, err)
	}
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		if err := Lock(tx, clientID); err != nil {
			return err
		}
		i, err := s.Installation(tx, clientID, c.User)
		if fault.KindOf(err) == fault.NotFound {
			return s.notMine(tx, clientID, err)
		}
		if err != nil {
			return err
		}
		if err := removeInstallation(tx, i); err != nil || app.CallbackURL == "" {
			return err
		}
		body, err := json.Marshal(oauthapi.NewUninstalled(clientID, i.Company, i.User, s.db.Now()))
		if err != nil {
			return fmt.Errorf("uninstall callback: %w", err)
		}
		return lane.Add(tx, lane.Job{Kind: uninstallJob, Key: laneKey(clientID), Payload: body})
	})
}

// SetShared makes what the caller's installation brings visible to the whole
// company, or to the caller alone again, and tells the app. Only the owner can,
// and only for apps that ask at consent.
// spec: authz.share-later
func (s *Service) SetShared(ctx context.Context, c route.Caller, clientID string, shared bool) error {
	app, err := s.apps.ByClientID(ctx, clientID)
	if err != nil {
		return hideUnknown(clientID, err)
	}
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		if err := Lock(tx, clientID); err != nil {
			return err
		}
		i, err := s.Installation(tx, clientID, c.User)
		if fault.KindOf(err) == fault.NotFound {
			return s.notMine(tx, clientID, err)
		}
		if err != nil || i.Shared == shared {
			return err
		}
		if shared && !app.SharingEnabled {
			return fault.New(fault.Invalid, "share", "Sharing is not switched on for this app. Its developer does that in the Developer Hub.")
		}
		i.Shared = shared
		if _, _, err := s.saveInstallation(tx, i); err != nil {
			return err
		}
		if err := s.addSharingCallback(tx, i); err != nil {
			return err
		}
		return appendChange(tx, "installation.changed", i)
	})
}

// hideUnknown says of an app that is not there what is said of one that is not
// installed: who asks must not learn which client ids other companies have.
// spec: tenancy.pages
func hideUnknown(clientID string, err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return notInstalled(clientID)
	}
	return err
}

// notMine tells an owner's colleague from somebody who asks for what is not there.
func (s *Service) notMine(tx *store.Tx, clientID string, missing error) error {
	n, err := store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM authz_installation WHERE company_id = @company AND client_id = ?`, clientID)
	if err != nil {
		return err
	}
	if n > 0 {
		return errNotOwner
	}
	return missing
}

// removeInstallation takes codes and tokens along by the foreign keys.
func removeInstallation(tx *store.Tx, i Installation) error {
	if _, err := tx.Exec(`DELETE FROM authz_installation WHERE company_id = @company AND id = ?`, i.ID); err != nil {
		return err
	}
	return appendChange(tx, "installation.removed", i)
}

// laneKey is the lane in which one app hears from us in order.
func laneKey(clientID string) string { return "app:" + clientID }

// Lock makes the transaction take turns with whatever installs, shares or
// uninstalls the app in the company, and with others that call it. It comes before
// other locks.
func Lock(tx *store.Tx, clientID string) error { return lane.Lock(tx, laneKey(clientID)) }

// addSharingCallback tells the app on install, and when it changes, whether the
// installation is shared.
// spec: authz.sharing-callback
func (s *Service) addSharingCallback(tx *store.Tx, i Installation) error {
	body, err := json.Marshal(oauthapi.Sharing{CompanyID: i.Company, UserID: i.User, IsShared: i.Shared})
	if err != nil {
		return fmt.Errorf("sharing callback: %w", err)
	}
	return lane.Add(tx, lane.Job{Kind: sharingJob, Key: laneKey(i.ClientID), Payload: body})
}

// Work names the handlers of the room's lane jobs.
func (s *Service) Work(r *lane.Runner) {
	r.Handle(uninstallJob, s.sendUninstalled)
	r.Handle(sharingJob, s.sendSharing)
}

// sendUninstalled is the DELETE to the callback URL. Whatever the app answers is
// ignored.
// spec: authz.uninstall-callback
func (s *Service) sendUninstalled(ctx context.Context, j lane.Job) (func(*store.Tx) error, error) {
	var u oauthapi.Uninstalled
	if err := json.Unmarshal(j.Payload, &u); err != nil {
		return nil, lane.Park(err)
	}
	// An app that was down may have the tokens of a new installation by the time it
	// can be reached; the news of the old one would make it forget them.
	back, err := s.installedAgain(ctx, j, u)
	if err != nil || back {
		return nil, err
	}
	return nil, s.callBack(ctx, j, u.ClientID, http.MethodDelete, "authz.uninstall-callback")
}

func (s *Service) installedAgain(ctx context.Context, j lane.Job, u oauthapi.Uninstalled) (bool, error) {
	var n int64
	err := s.db.Company(j.Company).View(ctx, func(tx *store.Tx) (err error) {
		n, err = store.One(tx, store.Value[int64], `SELECT COUNT(*) FROM authz_installation i
			JOIN authz_refresh r ON r.company_id = i.company_id AND r.installation_id = i.id
			WHERE i.company_id = @company AND i.client_id = ? AND i.user_id = ? AND i.installed_at >= ?`, u.ClientID, u.UserID, clock.Micros(j.CreatedAt))
		return err
	})
	return n > 0, err
}

func (s *Service) sendSharing(ctx context.Context, j lane.Job) (func(*store.Tx) error, error) {
	return nil, s.callBack(ctx, j, j.Key[len(laneKey("")):], http.MethodPost, "authz.sharing-callback")
}

// callBack sends the job's payload to an app's callback URL with its credentials.
// Only an app that cannot be reached is tried again.
func (s *Service) callBack(ctx context.Context, j lane.Job, clientID, method, requirement string) error {
	app, err := s.apps.ForCallback(ctx, clientID)
	if fault.KindOf(err) == fault.NotFound || (err == nil && app.CallbackURL == "") {
		return nil
	}
	if err != nil {
		return err
	}
	sec, err := s.apps.Secret(ctx, clientID)
	if err != nil {
		return err
	}
	// Unlike the original, which spares localhost, the door decides: in demo mode
	// apps live there.
	// spec: authz.uninstall-callback-loopback
	_, err = s.door.Do(ctx, outbound.Call{
		Company: j.Company, Credentials: outbound.Credentials{ClientID: clientID, Secret: sec},
		Method: method, URL: app.CallbackURL, Body: j.Payload, ContentType: "application/json",
		Requirement: requirement, Limit: 64 << 10, Deadline: 10 * time.Second,
	})
	if err != nil && s.db.Now().Sub(j.CreatedAt) >= callbackPatience {
		return lane.Park(err)
	}
	return err
}
