package devhub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// config is what the column of that name holds.
type config struct {
	Description string          `json:"description,omitempty"`
	URL         string          `json:"url"`
	Views       []View          `json:"views,omitempty"`
	CallEntry   bool            `json:"call_entry,omitempty"`
	External    bool            `json:"external,omitempty"`
	Panel       string          `json:"panel,omitempty"`
	Field       string          `json:"field,omitempty"`
	MainActions map[View]string `json:"main_actions,omitempty"`
}

func (e Extension) config() config {
	return config{e.Description, e.URL, e.Views, e.CallEntry, e.External, e.Panel, e.Field, e.MainActions}
}

// configText is the config as its column holds it.
func (e Extension) configText() (string, error) {
	body, err := json.Marshal(e.config())
	if err != nil {
		return "", fmt.Errorf("extension %s: %w", e.UUID, err)
	}
	return string(body), nil
}

// same reports whether two versions of an extension do the same.
func (e Extension) same(o Extension) bool {
	a, b := e.config(), o.config()
	return e.Name == o.Name && a.Description == b.Description && a.URL == b.URL && slices.Equal(a.Views, b.Views) && a.CallEntry == b.CallEntry &&
		a.External == b.External && a.Panel == b.Panel && a.Field == b.Field && maps.Equal(a.MainActions, b.MainActions) &&
		e.Schema == o.Schema && e.jwtSealed == o.jwtSealed && e.authSealed == o.authSealed
}

// summary is an extension in a line, for comparing versions.
func (e Extension) summary() string {
	return e.Title() + " · " + e.URL + " · " + strings.Join(e.Where(), ", ")
}

const extensionColumns = `e.company_id, e.id, e.uuid, e.app_id, e.kind, e.name, e.config, e.jwt_sealed, e.auth_sealed, e.position, e.created_at, e.updated_at`

func scanExtension(s store.Scanner) (Extension, error) {
	var e Extension
	var body string
	var created, updated int64
	err := s.Scan(&e.Company, &e.ID, &e.UUID, &e.AppID, &e.Kind, &e.Name, &body, &e.jwtSealed, &e.authSealed, &e.Position, &created, &updated, &e.Schema, &e.ClientID)
	if err != nil {
		return Extension{}, err
	}
	var c config
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		return Extension{}, fmt.Errorf("stored extension %s: %w", e.UUID, err)
	}
	e.Description, e.URL, e.Views, e.CallEntry, e.External = c.Description, c.URL, c.Views, c.CallEntry, c.External
	e.Panel, e.Field, e.MainActions = c.Panel, c.Field, c.MainActions
	e.HasJWTSecret, e.HasHTTPAuth = e.jwtSealed != "", e.authSealed != ""
	e.CreatedAt, e.UpdatedAt = clock.FromMicros(created), clock.FromMicros(updated)
	return e, nil
}

// extensionsOf lists one version of an app's extensions in their order; tx is
// bound to the app's company.
func extensionsOf(tx *store.Tx, app int64, pending bool) ([]Extension, error) {
	return store.Select(tx, scanExtension, `SELECT `+extensionColumns+`, e.schema_json, '' FROM devhub_extension e
		WHERE e.company_id = @company AND e.app_id = ? AND e.pending = ? ORDER BY e.position, e.id`, app, pending)
}

// Extensions lists what an app of any company adds to the pages today, in the
// order in which it was added, with schemas.
func (s *Service) Extensions(tx *store.Tx, clientID string) ([]Extension, error) {
	return s.extensions(tx, `e.schema_json`, []string{clientID})
}

// ExtensionsOf lists those of several apps without their schemas, by client id.
func (s *Service) ExtensionsOf(tx *store.Tx, clientIDs []string) (map[string][]Extension, error) {
	all, err := s.extensions(tx, `''`, clientIDs)
	out := map[string][]Extension{}
	for _, e := range all {
		out[e.ClientID] = append(out[e.ClientID], e)
	}
	return out, err
}

// ExtensionsAt lists what several apps, such as those installed in a company, add
// to a view, with schemas: panels, entries of its actions menu, and the actions
// that stand in one of the panels.
func (s *Service) ExtensionsAt(tx *store.Tx, view View, clientIDs []string) ([]Extension, error) {
	all, err := s.extensions(tx, `e.schema_json`, clientIDs)
	panels := map[string]bool{}
	for _, e := range all {
		if e.Kind == JSONPanel && e.In(view) {
			panels[e.UUID] = true
		}
	}
	return slices.DeleteFunc(all, func(e Extension) bool { return !e.In(view) && !panels[e.Panel] }), err
}

// extensions reads the current versions of several apps by one statement.
func (s *Service) extensions(tx *store.Tx, schema string, clientIDs []string) ([]Extension, error) {
	clientIDs = slices.DeleteFunc(slices.Clone(clientIDs), func(id string) bool { return !store.Storable(id) })
	if len(clientIDs) == 0 {
		return nil, nil
	}
	return store.Select(tx.Unbound(), scanExtension, `SELECT `+extensionColumns+`, `+schema+`, a.client_id FROM devhub_extension e
		JOIN devhub_app a ON a.company_id = e.company_id AND a.id = e.app_id
		WHERE NOT e.pending AND a.status <> 'deleted' AND a.client_id IN (`+places(len(clientIDs))+`)
		ORDER BY LOWER(a.name), a.client_id, e.position, e.id`, anyOf(clientIDs)...)
}

// ExtensionByUUID finds the current version of an extension of any company's app.
func (s *Service) ExtensionByUUID(tx *store.Tx, id string) (Extension, error) {
	missing := fault.Missing("There is no app extension %q.", clip(id))
	if !store.Storable(id) {
		return Extension{}, missing
	}
	e, err := store.One(tx.Unbound(), scanExtension, `SELECT `+extensionColumns+`, e.schema_json, a.client_id FROM devhub_extension e
		JOIN devhub_app a ON a.company_id = e.company_id AND a.id = e.app_id WHERE e.uuid = ? AND NOT e.pending`, id)
	if errors.Is(err, store.ErrNoRows) {
		return Extension{}, missing
	}
	return e, err
}

func jwtPlace(id string) string  { return "devhub_extension.jwt/" + id }
func authPlace(id string) string { return "devhub_extension.auth/" + id }

// ExtensionSecrets opens what calls of an extension are signed with: its own JWT
// secret, else the app's client secret.
// spec: devhub.extensions.jwt-secret
func (s *Service) ExtensionSecrets(ctx context.Context, e Extension) (ExtensionSecrets, error) {
	out, err := s.OwnSecrets(e)
	if err != nil || out.JWT != "" {
		return out, err
	}
	clientID := e.ClientID
	if clientID == "" {
		err := s.db.Company(e.Company).View(ctx, func(tx *store.Tx) (err error) {
			clientID, err = store.One(tx, store.Value[string], `SELECT client_id FROM devhub_app WHERE company_id = @company AND id = ?`, e.AppID)
			return err
		})
		if err != nil {
			return out, fmt.Errorf("find the app of extension %s: %w", e.UUID, err)
		}
	}
	out.JWT, err = s.Secret(ctx, clientID)
	return out, err
}

// OwnSecrets opens what was entered for an extension; JWT is empty if the app's
// client secret signs.
func (s *Service) OwnSecrets(e Extension) (out ExtensionSecrets, err error) {
	if e.authSealed != "" {
		plain, err := s.keys.Open(e.authSealed, authPlace(e.UUID))
		if err != nil {
			return out, fmt.Errorf("open the credentials of extension %s: %w", e.UUID, err)
		}
		out.HTTPUser, out.HTTPPass, _ = strings.Cut(string(plain), ":")
	}
	if e.jwtSealed != "" {
		plain, err := s.keys.Open(e.jwtSealed, jwtPlace(e.UUID))
		if err != nil {
			return out, fmt.Errorf("open the JWT secret of extension %s: %w", e.UUID, err)
		}
		out.JWT = string(plain)
	}
	return out, nil
}

// sealed are the secrets of a form, sealed outside of the transaction.
type sealed struct{ jwt, auth string }

func (s *Service) seal(id string, n NewExtension) (out sealed, err error) {
	if n.JWTSecret != "" {
		if out.jwt, err = s.keys.Seal([]byte(n.JWTSecret), jwtPlace(id)); err != nil {
			return out, fmt.Errorf("seal a JWT secret: %w", err)
		}
	}
	if n.HTTPUser != "" {
		if out.auth, err = s.keys.Seal([]byte(n.HTTPUser+":"+n.HTTPPass), authPlace(id)); err != nil {
			return out, fmt.Errorf("seal HTTP credentials: %w", err)
		}
	}
	return out, nil
}

// SaveExtension adds an extension to an app, or changes the one with that UUID.
// On an approved public app the change is pending until it is reviewed and merged.
func (s *Service) SaveExtension(ctx context.Context, c route.Caller, clientID, id string, n NewExtension) (Extension, error) {
	isNew := id == ""
	if isNew {
		id = uuid.NewString()
	}
	keys, err := s.seal(id, n)
	if err != nil {
		return Extension{}, err
	}
	newUUID := id
	var out Extension
	_, err = s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) {
		pending, all, err := s.editable(tx, a)
		if err != nil {
			return a, err
		}
		e := Extension{Company: a.Owner, AppID: a.ID, UUID: newUUID, Kind: n.Kind, CreatedAt: s.db.Now()}
		if !isNew {
			if e, err = pick(all, id); err != nil {
				return a, err
			}
			if n.Kind != e.Kind {
				return a, fault.New(fault.Invalid, "kind", "The type of an extension does not change. Add another one.")
			}
		} else if len(all) > 0 {
			e.Position = all[len(all)-1].Position + 1
		}
		if e, err = n.apply(e, a); err != nil {
			return a, err
		}
		if err := fits(e, all); err != nil {
			return a, err
		}
		if err := checkMain(e, all); err != nil {
			return a, err
		}
		out, err = s.storeExtension(tx, e.withSecrets(n, keys), pending, isNew)
		return a, err
	})
	return out, err
}

// withSecrets puts what was entered in the place of what was kept.
func (e Extension) withSecrets(n NewExtension, keys sealed) Extension {
	if n.ForgetJWT {
		e.jwtSealed = ""
	}
	if n.ForgetAuth {
		e.authSealed = ""
	}
	if keys.jwt != "" {
		e.jwtSealed = keys.jwt
	}
	if keys.auth != "" {
		e.authSealed = keys.auth
	}
	e.HasJWTSecret, e.HasHTTPAuth = e.jwtSealed != "", e.authSealed != ""
	return e
}

func pick(all []Extension, id string) (Extension, error) {
	i := slices.IndexFunc(all, func(e Extension) bool { return e.UUID == id })
	if i < 0 {
		return Extension{}, fault.Missing("The app has no extension %q. Somebody may have removed it.", clip(id))
	}
	return all[i], nil
}

// checkMain refuses main actions that the panel's views do not have.
func checkMain(e Extension, all []Extension) error {
	for _, v := range slices.Sorted(maps.Keys(e.MainActions)) {
		id := e.MainActions[v]
		ok := slices.ContainsFunc(all, func(o Extension) bool {
			return o.UUID == id && o.In(v) && (o.Kind == LinkAction || o.Kind == JSONModal)
		})
		if !e.In(v) || !ok {
			return fault.New(fault.Invalid, "main_action", "The main action in %s must be a link action or JSON modal of this app that appears there, got %q.", v.Label(), clip(id))
		}
	}
	return nil
}

// editable returns the version of an app's extensions that forms change.
func (s *Service) editable(tx *store.Tx, a App) (pending bool, all []Extension, err error) {
	if a.State == StatusInReview {
		return false, nil, errInReview
	}
	if a.Reviewed() {
		p, err := s.openCopy(tx, a)
		if err != nil {
			return false, nil, err
		}
		pending = true
		if err := s.savePending(tx, a.ID, p); err != nil {
			return false, nil, err
		}
	}
	all, err = extensionsOf(tx, a.ID, pending)
	return pending, all, err
}

func (s *Service) storeExtension(tx *store.Tx, e Extension, pending, isNew bool) (Extension, error) {
	body, err := e.configText()
	if err != nil {
		return e, err
	}
	e.UpdatedAt = s.db.Now()
	if !isNew {
		_, err = tx.Exec(`UPDATE devhub_extension SET name = ?, config = ?, schema_json = ?, jwt_sealed = ?, auth_sealed = ?, updated_at = ?
			WHERE company_id = @company AND id = ?`, e.Name, body, e.Schema, e.jwtSealed, e.authSealed, clock.Micros(e.UpdatedAt), e.ID)
		return e, err
	}
	if e.ID, err = tx.NextID("extension"); err != nil {
		return e, err
	}
	return e, insertExtension(tx, e, body, pending)
}

func insertExtension(tx *store.Tx, e Extension, body string, pending bool) error {
	_, err := tx.Exec(`INSERT INTO devhub_extension (company_id, id, app_id, uuid, pending, kind, name, config, schema_json, jwt_sealed, auth_sealed,
		position, created_at, updated_at) VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.ID, e.AppID, e.UUID, pending, string(e.Kind), e.Name, body, e.Schema, e.jwtSealed, e.authSealed,
		e.Position, clock.Micros(e.CreatedAt), clock.Micros(e.UpdatedAt))
	return err
}

// copyExtensions makes the pending versions of an app's extensions.
func (s *Service) copyExtensions(tx *store.Tx, a App) error {
	all, err := extensionsOf(tx, a.ID, false)
	if err != nil {
		return err
	}
	for _, e := range all {
		body, err := e.configText()
		if err != nil {
			return err
		}
		if e.ID, err = tx.NextID("extension"); err != nil {
			return err
		}
		if err := insertExtension(tx, e, body, true); err != nil {
			return err
		}
	}
	return nil
}

// RemoveExtension takes an extension away. A JSON panel takes the actions on its
// objects along.
func (s *Service) RemoveExtension(ctx context.Context, c route.Caller, clientID, id string) error {
	_, err := s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) {
		_, all, err := s.editable(tx, a)
		if err != nil {
			return a, err
		}
		if _, err := pick(all, id); err != nil {
			return a, err
		}
		for _, e := range all {
			if e.UUID != id && e.Panel != id {
				continue
			}
			if _, err := tx.Exec(`DELETE FROM devhub_extension WHERE company_id = @company AND id = ?`, e.ID); err != nil {
				return a, err
			}
		}
		return a, nil
	})
	return err
}
