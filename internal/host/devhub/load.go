package devhub

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// NewApp is an app that comes from a file, with credentials of its own.
type NewApp struct {
	Registration
	Public        bool
	State         Status // a draft when empty. The file stands above the review
	ClientID      string // 16 hex digits; made when empty
	ClientSecret  string // 20 to 200 characters; made when empty
	Icon          []byte // as for [Service.UploadIcon], may be empty
	Manifest      []byte // for messaging, may be empty
	VideoManifest []byte // for video calls, may be empty
	Webhooks      []byte // as for [Service.UploadWebhooks], may be empty
}

// FileExtension is an extension that comes from a file.
type FileExtension struct {
	UUID string
	NewExtension
}

// PreparedApp is a NewApp that was checked.
type PreparedApp struct {
	app        App
	sealed     string // the secret
	webhooks   string // sealed
	icon       Icon
	images     []Image
	extensions []Extension
}

// ClientID is the app's client id.
func (p PreparedApp) ClientID() string { return p.app.ClientID }

// Scopes are those that the app asks for.
func (p PreparedApp) Scopes() []string { return p.app.Scopes }

// NewClientID makes a client id for a [NewApp] that has none.
func NewClientID() string { return secret.Random(idBytes) }

// PrepareApp checks n and makes what it leaves out. It returns the secret, which
// is kept sealed.
func (s *Service) PrepareApp(n NewApp) (PreparedApp, string, error) {
	n.ClientID = cmp.Or(n.ClientID, NewClientID())
	if raw, err := hex.DecodeString(n.ClientID); err != nil || len(raw) != idBytes {
		return PreparedApp{}, "", fault.New(fault.Invalid, "client_id", "Expected %d hex digits, got %q.", 2*idBytes, n.ClientID)
	}
	n.ClientSecret = cmp.Or(n.ClientSecret, secret.Random(secretBytes))
	if l := len(n.ClientSecret); l < secretBytes || l > 200 {
		return PreparedApp{}, "", fault.New(fault.Invalid, "client_secret", "Expected %d to 200 characters, got %d.", secretBytes, l)
	}
	now := s.db.Now()
	a, err := n.apply(App{ClientID: n.ClientID, Public: n.Public, CreatedAt: now, UpdatedAt: now})
	if err != nil {
		return PreparedApp{}, "", err
	}
	if a, err = n.inState(a); err != nil {
		return PreparedApp{}, "", err
	}
	if a, err = n.withManifests(a); err != nil {
		return PreparedApp{}, "", err
	}
	p := PreparedApp{app: a}
	if len(n.Icon) > 0 {
		if p.icon, err = checkIcon(n.Icon); err != nil {
			return PreparedApp{}, "", err
		}
		p.app.iconHash = p.icon.Hash
		p.app.IconURL = p.app.iconAddress()
	}
	if p.webhooks, err = s.sealWebhooks(n.Webhooks, a); err != nil {
		return PreparedApp{}, "", err
	}
	if p.sealed, err = s.keys.Seal([]byte(n.ClientSecret), place(a.ClientID)); err != nil {
		return PreparedApp{}, "", fmt.Errorf("seal the secret of app %s: %w", a.ClientID, err)
	}
	return p, n.ClientSecret, nil
}

// inState puts a new app where it is in its life.
func (n NewApp) inState(a App) (App, error) {
	a.State = cmp.Or(n.State, StatusDraft)
	may := []Status{StatusDraft, StatusLive}
	if a.Public {
		may = []Status{StatusDraft, StatusInReview, StatusUnpublished, StatusLive}
	}
	if !slices.Contains(may, a.State) {
		return a, fault.New(fault.Invalid, "status", "Expected one of %s for this kind of app, got %q.", listOf(may), a.State)
	}
	if a.State != StatusDraft && a.CallbackURL == "" {
		return a, fault.New(fault.Invalid, "callback_url", "An app that is %s needs a callback URL.", a.Status())
	}
	if a.State == StatusInReview {
		a.SubmittedAt = a.CreatedAt
	}
	a.Live = a.State == StatusLive
	return a, nil
}

// withManifests gives a new app its manifests.
func (n NewApp) withManifests(a App) (App, error) {
	var err error
	if len(n.Manifest) > 0 {
		if !a.Wants(ScopeMessengers) {
			return a, fault.New(fault.Invalid, "scopes", "A messaging manifest needs the scope %s; add it.", ScopeMessengers)
		}
		if a.Manifest, err = parseManifest(n.Manifest, a); err != nil {
			return a, err
		}
		a.ManifestRaw = n.Manifest
	}
	if len(n.VideoManifest) > 0 {
		if !a.Wants(ScopeVideoCalls) {
			return a, fault.New(fault.Invalid, "scopes", "A video calling manifest needs the scope %s; add it.", ScopeVideoCalls)
		}
		if a.VideoManifest, err = parseVideoManifest(n.VideoManifest, a); err != nil {
			return a, err
		}
		a.VideoManifestRaw = n.VideoManifest
	}
	return a, nil
}

// PrepareImage checks an image and puts it behind those of the prepared app's
// listing.
func (s *Service) PrepareImage(p *PreparedApp, raw []byte, alt string) error {
	if len(p.images) == MaxImages {
		return errTooManyImages
	}
	img, err := checkImage(raw, alt)
	if err != nil {
		return err
	}
	p.images = append(p.images, img)
	p.app.ImageCount = len(p.images)
	return nil
}

// PrepareExtension checks an extension by itself and puts it behind those that the
// prepared app has. When all are there, [PreparedApp.CheckExtensions] compares them.
func (s *Service) PrepareExtension(p *PreparedApp, x FileExtension) error {
	if id, err := uuid.Parse(x.UUID); err != nil || id.String() != x.UUID {
		return fault.New(fault.Invalid, "uuid", "Expected a UUID in small letters, got %q.", clip(x.UUID))
	}
	if slices.ContainsFunc(p.extensions, func(e Extension) bool { return e.UUID == x.UUID }) {
		return fault.New(fault.Invalid, "uuid", "Two extensions have the UUID %s; give each its own.", x.UUID)
	}
	e, err := x.apply(Extension{UUID: x.UUID, Position: int64(len(p.extensions)), CreatedAt: p.app.CreatedAt, UpdatedAt: p.app.CreatedAt}, p.app)
	if err != nil {
		return err
	}
	keys, err := s.seal(x.UUID, x.NewExtension)
	if err != nil {
		return err
	}
	p.extensions = append(p.extensions, e.withSecrets(x.NewExtension, keys))
	return nil
}

// CheckExtensions checks the extensions of a prepared app against each other. It
// returns the place of one that does not fit.
func (p PreparedApp) CheckExtensions() (wrong int, err error) {
	for i, e := range p.extensions {
		if err := fits(e, p.extensions); err != nil {
			return i, err
		}
		if err := checkMain(e, p.extensions); err != nil {
			return i, err
		}
	}
	return 0, nil
}

// AddApp stores a prepared app as the company's that tx is bound to, made by one
// of its users.
func (s *Service) AddApp(tx *store.Tx, user int64, p PreparedApp) (App, error) {
	taken, err := store.One(tx.Unbound(), store.Value[int64], `SELECT COUNT(*) FROM devhub_app WHERE client_id = ?`, p.app.ClientID)
	if err != nil {
		return App{}, err
	}
	if taken > 0 {
		return App{}, fault.New(fault.Conflict, "client_id", "Another app has the client id %q. Leave it out to get a new one.", p.app.ClientID)
	}
	a := p.app
	a.Owner, a.CreatedBy = tx.Company(), user
	if a, err = insertApp(tx, a, p.sealed); err != nil {
		return a, err
	}
	if p.icon.Hash != "" {
		if err := insertIcon(tx, a.ID, p.icon); err != nil {
			return a, err
		}
	}
	for i, img := range p.images {
		if err := insertImage(tx, a.ID, int64(i+1), img); err != nil {
			return a, err
		}
	}
	if _, err := storeWebhooks(tx, a.ClientID, p.webhooks, a.UpdatedAt); err != nil {
		return a, err
	}
	return a, addExtensions(tx, a, p.extensions)
}

// addExtensions stores the extensions of a new app.
func addExtensions(tx *store.Tx, a App, list []Extension) error {
	for _, e := range list {
		taken, err := store.One(tx.Unbound(), store.Value[int64], `SELECT COUNT(*) FROM devhub_extension WHERE uuid = ?`, e.UUID)
		if err != nil {
			return err
		}
		if taken > 0 {
			return fault.New(fault.Conflict, "uuid", "Another extension has the UUID %s. Leave it out to get a new one.", e.UUID)
		}
		e.Company, e.AppID = a.Owner, a.ID
		body, err := e.configText()
		if err != nil {
			return err
		}
		if e.ID, err = tx.NextID("extension"); err != nil {
			return err
		}
		if err := insertExtension(tx, e, body, false); err != nil {
			return err
		}
	}
	return nil
}

func listOf(states []Status) string {
	words := make([]string, len(states))
	for i, st := range states {
		words[i] = string(st)
	}
	return strings.Join(words, ", ")
}
