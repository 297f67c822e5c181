package devhub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/store"
)

// PendingState is where the changes of an approved public app are.
type PendingState string

// The states of pending changes.
const (
	PendingOpen     PendingState = "open"      // still being changed
	PendingInReview PendingState = "in_review" // waiting for the operator
	PendingApproved PendingState = "approved"  // waiting to be merged
)

// Pending is the changed copy of an approved public app: the critical fields as
// they shall become. Its extensions are those of [Draft.Extensions].
type Pending struct {
	State       PendingState
	Note        string // what the operator wrote when they said no
	SubmittedAt time.Time
	critical
}

// critical are the fields that a review is about.
// spec: devhub.pending
type critical struct {
	CallbackURL     string   `json:"callback_url"`
	InstallationURL string   `json:"installation_url"`
	Category        string   `json:"category"`
	Scopes          []string `json:"scopes"`
	Manifest        string   `json:"manifest"`
	VideoManifest   string   `json:"video_manifest"`
}

func (a App) critical() critical {
	return critical{
		CallbackURL: a.CallbackURL, InstallationURL: a.InstallationURL, Category: a.Category, Scopes: a.Scopes,
		Manifest: string(a.ManifestRaw), VideoManifest: string(a.VideoManifestRaw),
	}
}

// over is a with the critical fields of c.
func (c critical) over(a App) (App, error) {
	a.CallbackURL, a.InstallationURL, a.Category, a.Scopes = c.CallbackURL, c.InstallationURL, c.Category, c.Scopes
	a.ManifestRaw, a.VideoManifestRaw = bytesOrNil(c.Manifest), bytesOrNil(c.VideoManifest)
	return a.readManifests()
}

func bytesOrNil(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func (c critical) equal(o critical) bool {
	return c.CallbackURL == o.CallbackURL && c.InstallationURL == o.InstallationURL && c.Category == o.Category &&
		slices.Equal(c.Scopes, o.Scopes) && c.Manifest == o.Manifest && c.VideoManifest == o.VideoManifest
}

// errInReview is what who changes an app in review gets.
var errInReview = fault.New(fault.Conflict, "", "This is being reviewed and cannot be changed meanwhile. Withdraw it from the review first.")

func pendingOf(tx *store.Tx, app int64) (*Pending, error) {
	p, err := store.One(tx, func(s store.Scanner) (*Pending, error) {
		var p Pending
		var body string
		var submitted int64
		if err := s.Scan(&body, &p.State, &p.Note, &submitted); err != nil {
			return nil, err
		}
		p.SubmittedAt = instant(submitted)
		return &p, json.Unmarshal([]byte(body), &p.critical)
	}, `SELECT body, state, review_note, submitted_at FROM devhub_pending WHERE company_id = @company AND app_id = ?`, app)
	if errors.Is(err, store.ErrNoRows) {
		return nil, nil
	}
	return p, err
}

func (s *Service) savePending(tx *store.Tx, app int64, p Pending) error {
	body, err := json.Marshal(p.critical)
	if err != nil {
		return fmt.Errorf("pending changes: %w", err)
	}
	_, err = tx.Exec(`INSERT INTO devhub_pending (company_id, app_id, body, state, review_note, submitted_at, updated_at) VALUES (@company, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (company_id, app_id) DO UPDATE SET body = EXCLUDED.body, state = EXCLUDED.state, review_note = EXCLUDED.review_note,
			submitted_at = EXCLUDED.submitted_at, updated_at = EXCLUDED.updated_at`,
		app, string(body), string(p.State), p.Note, micros(p.SubmittedAt), clock.Micros(s.db.Now()))
	return err
}

// openCopy returns the pending copy of an approved app for changing, and makes it
// on the first change.
func (s *Service) openCopy(tx *store.Tx, a App) (Pending, error) {
	p, err := pendingOf(tx, a.ID)
	if err != nil {
		return Pending{}, err
	}
	if p != nil {
		if p.State == PendingInReview {
			return Pending{}, errInReview
		}
		p.State = PendingOpen // what was approved was something else
		return *p, nil
	}
	return Pending{State: PendingOpen, critical: a.critical()}, s.copyExtensions(tx, a)
}

// revise runs fn on an app as its forms show it. What fn changes about the
// critical fields of an approved public app goes into its pending copy; the app
// that is returned, to be saved, keeps them.
func (s *Service) revise(tx *store.Tx, a App, fn func(App) (App, error)) (App, error) {
	if a.State == StatusInReview {
		return a, errInReview
	}
	if !a.Reviewed() {
		return fn(a)
	}
	shown := a
	p, err := pendingOf(tx, a.ID)
	if err != nil {
		return a, err
	}
	if p != nil {
		if shown, err = p.over(a); err != nil {
			return a, err
		}
	}
	next, err := fn(shown)
	if err != nil {
		return a, err
	}
	if after := next.critical(); !after.equal(shown.critical()) {
		open, err := s.openCopy(tx, a)
		if err != nil {
			return a, err
		}
		open.critical = after
		if err := s.savePending(tx, a.ID, open); err != nil {
			return a, err
		}
	}
	return a.critical().over(next)
}

// Draft is an app as its owners see it in the Developer Hub.
type Draft struct {
	App App // as it works today
	// Next is what the forms show: App with the pending changes.
	Next    App
	Pending *Pending // nil without any
	// Extensions are those of Next, with their schemas.
	Extensions []Extension
	// Current are the extensions of App, if there are pending changes.
	Current []Extension
}

// Draft returns an app of a company with what is being changed about it.
func (s *Service) Draft(ctx context.Context, company int64, clientID string) (Draft, error) {
	var d Draft
	err := s.db.Company(company).View(ctx, func(tx *store.Tx) (err error) {
		if d.App, err = s.AppIn(tx, clientID); err != nil {
			return err
		}
		if d.App.Owner != company {
			return noApp(clientID)
		}
		d, err = draftOf(tx, d.App)
		return err
	})
	return d, err
}

// draftOf reads the rest of a draft; tx is bound to the app's company.
func draftOf(tx *store.Tx, a App) (d Draft, err error) {
	d = Draft{App: a, Next: a}
	if d.Pending, err = pendingOf(tx, a.ID); err != nil {
		return d, err
	}
	if d.Pending != nil {
		if d.Next, err = d.Pending.over(a); err != nil {
			return d, err
		}
		if d.Current, err = extensionsOf(tx, a.ID, false); err != nil {
			return d, err
		}
	}
	d.Extensions, err = extensionsOf(tx, a.ID, d.Pending != nil)
	return d, err
}

// Change is one difference between an app and its pending copy.
type Change struct{ Field, Before, After string }

// Changes lists what the pending copy changes, in the order of the forms.
func (d Draft) Changes() []Change {
	if d.Pending == nil {
		return nil
	}
	var out []Change
	add := func(field, before, after string) {
		if before != after {
			out = append(out, Change{field, before, after})
		}
	}
	add("Category", d.App.Category, d.Next.Category)
	add("Callback URL", d.App.CallbackURL, d.Next.CallbackURL)
	add("Installation URL", d.App.InstallationURL, d.Next.InstallationURL)
	add("Access scopes", strings.Join(d.App.Scopes, ", "), strings.Join(d.Next.Scopes, ", "))
	add("Messaging manifest", string(d.App.ManifestRaw), string(d.Next.ManifestRaw))
	add("Video calling manifest", string(d.App.VideoManifestRaw), string(d.Next.VideoManifestRaw))
	for _, e := range d.Extensions {
		i := slices.IndexFunc(d.Current, func(o Extension) bool { return o.UUID == e.UUID })
		if i < 0 {
			add(e.Info().Label, "", e.Title())
		} else if !e.same(d.Current[i]) {
			add(e.Info().Label, d.Current[i].summary(), e.summary())
		}
	}
	for _, e := range d.Current {
		if !slices.ContainsFunc(d.Extensions, func(o Extension) bool { return o.UUID == e.UUID }) {
			add(e.Info().Label, e.Title(), "")
		}
	}
	return out
}

// Submit sends a public draft, or the pending changes of an approved app, to the
// review.
// spec: devhub.review
func (s *Service) Submit(ctx context.Context, c route.Caller, clientID string) (App, error) {
	return s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) {
		if !a.Public {
			return a, fault.New(fault.Conflict, "", "A private app needs no review. Change it to live when it is ready.")
		}
		p, err := pendingOf(tx, a.ID)
		if err != nil {
			return a, err
		}
		switch {
		case a.State == StatusDraft:
			if gaps := a.Gaps(); len(gaps) > 0 {
				return a, fault.New(fault.Invalid, gaps[0].Field, "The app still needs %s before it can be reviewed.", gaps[0].Text)
			}
			a.State, a.ReviewNote, a.SubmittedAt = StatusInReview, "", s.db.Now()
			if s.approve {
				a.State = StatusUnpublished
			}
			return a, nil
		case p != nil && p.State == PendingOpen:
			p.State, p.Note, p.SubmittedAt = PendingInReview, "", s.db.Now()
			if s.approve {
				p.State = PendingApproved
			}
			return a, s.savePending(tx, a.ID, *p)
		}
		return a, fault.New(fault.Conflict, "", "There is nothing to review: the app is %s and has no changes that wait.", a.Status())
	})
}

// Withdraw takes back what was submitted, so that it can be changed.
func (s *Service) Withdraw(ctx context.Context, c route.Caller, clientID string) (App, error) {
	return s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) { return s.answer(tx, a, false, "") })
}

// Decide is the operator's answer to what is in review, with a note for the
// developer if it is no.
func (s *Service) Decide(ctx context.Context, clientID string, approved bool, note string) error {
	note = strings.TrimSpace(note)
	if err := checkText("note", note, 0, maxAbout); err != nil {
		return err
	}
	if !approved && note == "" {
		return fault.New(fault.Invalid, "note", "Expected a sentence that tells the developer what to change, got none.")
	}
	a, err := s.ByClientID(ctx, clientID)
	if err != nil {
		return err
	}
	return s.db.Company(a.Owner).Update(ctx, func(tx *store.Tx) error {
		a, err := ownApp(tx, clientID)
		if err != nil {
			return err
		}
		if a, err = s.answer(tx, a, approved, note); err != nil {
			return err
		}
		return saveApp(tx, a)
	})
}

// answer ends the review of what is in review.
func (s *Service) answer(tx *store.Tx, a App, approved bool, note string) (App, error) {
	if a.State == StatusInReview {
		a.State, a.ReviewNote = StatusDraft, note
		if approved {
			a.State = StatusUnpublished
		}
		return a, nil
	}
	p, err := pendingOf(tx, a.ID)
	if err != nil {
		return a, err
	}
	if p == nil || p.State != PendingInReview {
		return a, fault.New(fault.Conflict, "", "Nothing of this app is in review. Somebody may have withdrawn it, or answered already.")
	}
	p.State, p.Note = PendingOpen, note
	if approved {
		p.State = PendingApproved
	}
	return a, s.savePending(tx, a.ID, *p)
}

// MergeChanges puts approved changes into force.
// spec: devhub.pending
func (s *Service) MergeChanges(ctx context.Context, c route.Caller, clientID string) (App, error) {
	return s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) {
		p, err := pendingOf(tx, a.ID)
		if err != nil {
			return a, err
		}
		if p == nil || p.State != PendingApproved {
			return a, fault.New(fault.Conflict, "", "There are no approved changes to merge. Send the changes to the review first.")
		}
		if _, err := tx.Exec(`DELETE FROM devhub_extension WHERE company_id = @company AND app_id = ? AND NOT pending`, a.ID); err != nil {
			return a, err
		}
		if _, err := tx.Exec(`UPDATE devhub_extension SET pending = FALSE WHERE company_id = @company AND app_id = ?`, a.ID); err != nil {
			return a, err
		}
		if _, err := tx.Exec(`DELETE FROM devhub_pending WHERE company_id = @company AND app_id = ?`, a.ID); err != nil {
			return a, err
		}
		return p.over(a)
	})
}

// DiscardChanges forgets what is pending.
func (s *Service) DiscardChanges(ctx context.Context, c route.Caller, clientID string) (App, error) {
	return s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) {
		if _, err := tx.Exec(`DELETE FROM devhub_extension WHERE company_id = @company AND app_id = ? AND pending`, a.ID); err != nil {
			return a, err
		}
		_, err := tx.Exec(`DELETE FROM devhub_pending WHERE company_id = @company AND app_id = ?`, a.ID)
		return a, err
	})
}

// Unpublish takes a live public app out of the Marketplace. Whoever has it keeps
// it, and its link still installs it.
// spec: devhub.unpublish
func (s *Service) Unpublish(ctx context.Context, c route.Caller, clientID string) (App, error) {
	return s.change(ctx, c, clientID, func(_ *store.Tx, a App) (App, error) {
		if !a.Public || a.State != StatusLive {
			return a, fault.New(fault.Conflict, "", "Only a live public app can be unpublished; this one is %s.", a.Status())
		}
		a.State, a.Live = StatusUnpublished, false
		return a, nil
	})
}

// Queue lists what waits for the operator, over all companies, oldest first.
// Drafts are without their extensions; see [Service.Draft].
func (s *Service) Queue(ctx context.Context) ([]Draft, error) {
	var out []Draft
	err := s.db.View(ctx, func(tx *store.Tx) error {
		apps, err := store.Select(tx, scanApp, `SELECT `+appColumns+` FROM devhub_app WHERE status = 'in_review'
			OR (status <> 'deleted' AND EXISTS (SELECT 1 FROM devhub_pending p
				WHERE p.company_id = devhub_app.company_id AND p.app_id = devhub_app.id AND p.state = 'in_review'))
			ORDER BY submitted_at, client_id`)
		if err != nil {
			return err
		}
		out = nil
		for _, a := range apps {
			d, err := draftOf(tx.Bind(a.Owner), a)
			if err != nil {
				return err
			}
			out = append(out, d)
		}
		return nil
	})
	return out, err
}
