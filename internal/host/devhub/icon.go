package devhub

import (
	"context"
	"errors"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// Bounds of an app's icon.
const (
	MaxIcon     = 10 << 20 // bytes
	MinIconSide = 256      // pixels
	maxIconSide = 8192     // pixels; browsers give up not far above
)

// IconPath is the path below which uploaded icons are served, as
// IconPath/{client_id}/{hash}.
const IconPath = "/app-icons"

// iconAddress is where pages find the app's icon.
func (a App) iconAddress() string {
	if a.iconHash == "" {
		return a.IconLink
	}
	return IconPath + "/" + a.ClientID + "/" + a.iconHash
}

// HasIcon reports whether an icon was uploaded.
func (a App) HasIcon() bool { return a.iconHash != "" }

// Icon is an uploaded picture.
type Icon struct {
	ContentType string
	Body        []byte
	Hash        string
}

// checkIcon accepts a square PNG or JPEG.
// spec: devhub.icon
func checkIcon(raw []byte) (Icon, error) {
	const field = "icon"
	size, kind, err := readPicture(field, raw, MaxIcon)
	if err != nil {
		return Icon{}, err
	}
	if size.Width != size.Height {
		return Icon{}, fault.New(fault.Invalid, field, "Expected a square picture, got %d × %d pixels.", size.Width, size.Height)
	}
	if size.Width < MinIconSide || size.Width > maxIconSide {
		return Icon{}, fault.New(fault.Invalid, field, "Expected %d to %d pixels at each side, got %d.", MinIconSide, maxIconSide, size.Width)
	}
	return Icon{ContentType: kind, Body: raw, Hash: secret.Hash(string(raw))[:16]}, nil
}

// UploadIcon gives an app its icon. An empty one removes what is there.
func (s *Service) UploadIcon(ctx context.Context, c route.Caller, clientID string, raw []byte) (App, error) {
	var icon Icon
	if len(raw) > 0 {
		var err error
		if icon, err = checkIcon(raw); err != nil {
			return App{}, err
		}
	}
	return s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) {
		a.iconHash = icon.Hash
		a.IconURL = a.iconAddress()
		if _, err := tx.Exec(`DELETE FROM devhub_icon WHERE company_id = @company AND app_id = ?`, a.ID); err != nil || icon.Hash == "" {
			return a, err
		}
		return a, insertIcon(tx, a.ID, icon)
	})
}

func insertIcon(tx *store.Tx, app int64, icon Icon) error {
	_, err := tx.Exec(`INSERT INTO devhub_icon (company_id, app_id, content_type, body) VALUES (@company, ?, ?, ?)`, app, icon.ContentType, icon.Body)
	return err
}

// Icon returns the uploaded icon of an app of any company.
func (s *Service) Icon(ctx context.Context, clientID string) (icon Icon, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		icon, err = s.IconIn(tx, clientID)
		return err
	})
	return icon, err
}

// IconIn is Icon inside the caller's transaction.
func (s *Service) IconIn(tx *store.Tx, clientID string) (Icon, error) {
	missing := fault.Missing("The app %q has no icon.", clientID)
	if !store.Storable(clientID) {
		return Icon{}, missing
	}
	icon, err := store.One(tx.Unbound(), func(s store.Scanner) (i Icon, err error) {
		err = s.Scan(&i.Hash, &i.ContentType, &i.Body)
		return i, err
	}, `SELECT a.icon_hash, i.content_type, i.body FROM devhub_icon i
		JOIN devhub_app a ON a.company_id = i.company_id AND a.id = i.app_id WHERE a.client_id = ?`, clientID)
	if errors.Is(err, store.ErrNoRows) {
		return Icon{}, missing
	}
	return icon, err
}
