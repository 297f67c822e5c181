package devhub_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// spec: devhub.icon
func TestIcon(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		h := newApp(t, open(live.Migrations, account.Migrations, devhub.Migrations), false)
		up := func(raw []byte) (devhub.App, error) { return h.UploadIcon(t.Context(), admin, h.id, raw) }
		_, err := up([]byte("<svg/>"))
		refused(t, "no picture", err, fault.Invalid, "icon")
		_, err = up(picture(t, 256, 300))
		refused(t, "not square", err, fault.Invalid, "icon")
		_, err = up(picture(t, 255, 255))
		refused(t, "small", err, fault.Invalid, "icon")
		_, err = up(make([]byte, 10<<20+1))
		refused(t, "large", err, fault.TooLarge, "icon")
		_, err = h.Icon(t.Context(), h.id)
		refused(t, "no icon yet", err, fault.NotFound, "")
		raw := picture(t, 256, 256)
		a, err := up(raw)
		if err != nil || !strings.HasPrefix(a.IconURL, "/app-icons/"+h.id+"/") {
			t.Fatalf("%q, %v", a.IconURL, err)
		}
		icon, err := h.Icon(t.Context(), h.id)
		if err != nil || icon.ContentType != "image/png" || !bytes.Equal(icon.Body, raw) || !strings.HasSuffix(a.IconURL, icon.Hash) {
			t.Errorf("%s %d bytes, %v", icon.ContentType, len(icon.Body), err)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 512, 512)), nil); err != nil {
			t.Fatal(err)
		}
		if other, err := up(b.Bytes()); err != nil || other.IconURL == a.IconURL {
			t.Errorf("another icon has the same address: %v", err)
		}
		if a, err := up(nil); err != nil || a.IconURL != "" {
			t.Errorf("%q, %v", a.IconURL, err)
		}
	})
}

// complete fills in what the review asks for.
func (h hub) complete() {
	h.t.Helper()
	_, err := h.Edit(h.t.Context(), admin, h.id, func(r *devhub.Registration) {
		r.Summary, r.Description, r.Category = "Ships", "Ships parcels.", "Other"
		r.SupportURL, r.LegalURL, r.ContactEmail = "https://app.example.com/help", "https://app.example.com/terms", "help@example.com"
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.UploadIcon(h.t.Context(), admin, h.id, picture(h.t, 256, 256)); err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.AddImage(h.t.Context(), admin, h.id, picture(h.t, 640, 400), "A parcel"); err != nil {
		h.t.Fatal(err)
	}
}

func (h hub) is(want devhub.Status) {
	h.t.Helper()
	a, err := h.ByClientID(h.t.Context(), h.id)
	if err != nil || a.State != want {
		h.t.Fatalf("the app is %q, %v, want %q", a.State, err, want)
	}
}

func (h hub) listed() int {
	h.t.Helper()
	apps, err := h.Listed(h.t.Context(), 2)
	if err != nil {
		h.t.Fatal(err)
	}
	return len(apps)
}

// spec: devhub.review
// spec: devhub.review.listing
// spec: devhub.unpublish
func TestReview(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		h := newApp(t, open(live.Migrations, account.Migrations, devhub.Migrations), true)
		ctx := t.Context()
		_, err := h.Submit(ctx, admin, h.id)
		refused(t, "incomplete", err, fault.Invalid, "summary")
		_, err = h.SetLive(ctx, admin, h.id)
		refused(t, "live without a review", err, fault.Conflict, "")
		h.complete()
		if _, err := h.Submit(ctx, admin, h.id); err != nil {
			t.Fatal(err)
		}
		h.is(devhub.StatusInReview)
		_, err = h.Update(ctx, admin, h.id, devhub.Registration{Name: "Other"})
		refused(t, "changing in review", err, fault.Conflict, "")
		_, err = h.add(devhub.NewExtension{Kind: devhub.CustomModal})
		refused(t, "an extension in review", err, fault.Conflict, "")
		if q, err := h.Queue(ctx); err != nil || len(q) != 1 || q[0].App.ClientID != h.id {
			t.Errorf("%+v, %v", q, err)
		}
		refused(t, "no without a word", h.Decide(ctx, h.id, false, " "), fault.Invalid, "note")
		if err := h.Decide(ctx, h.id, false, "The icon is grey."); err != nil {
			t.Fatal(err)
		}
		if a, _ := h.ByClientID(ctx, h.id); a.State != devhub.StatusDraft || a.ReviewNote != "The icon is grey." {
			t.Errorf("%q, %q", a.State, a.ReviewNote)
		}
		refused(t, "answered twice", h.Decide(ctx, h.id, true, ""), fault.Conflict, "")
		for _, step := range []func() error{
			func() error { _, err := h.Submit(ctx, admin, h.id); return err },
			func() error { _, err := h.Withdraw(ctx, admin, h.id); return err },
			func() error { _, err := h.Submit(ctx, admin, h.id); return err },
			func() error { return h.Decide(ctx, h.id, true, "") },
		} {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		h.is(devhub.StatusUnpublished)
		if a, _ := h.ByClientID(ctx, h.id); !a.InstallableIn(2) || h.listed() != 0 {
			t.Error("an approved app is not installable by its link only")
		}
		if _, err := h.SetLive(ctx, admin, h.id); err != nil || h.listed() != 1 {
			t.Errorf("%v, %d listed", err, h.listed())
		}
		if _, err := h.Unpublish(ctx, admin, h.id); err != nil || h.listed() != 0 {
			t.Errorf("%v, %d listed", err, h.listed())
		}
	})
}

// spec: devhub.pending
func TestPendingChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		h := newApp(t, open(live.Migrations, account.Migrations, devhub.Migrations), true)
		ctx := t.Context()
		h.complete()
		modal := h.must(devhub.NewExtension{Kind: devhub.CustomModal, Name: "Before"})
		gone := h.must(devhub.NewExtension{Kind: devhub.LinkAction, Name: "Gone", Views: []devhub.View{devhub.DealsList}})
		h.ApproveAtOnce() // as demo mode does
		if _, err := h.Submit(ctx, admin, h.id); err != nil {
			t.Fatal(err)
		}
		h.is(devhub.StatusUnpublished)
		if _, err := h.SetLive(ctx, admin, h.id); err != nil {
			t.Fatal(err)
		}
		// A name is changed at once, a scope waits.
		a, err := h.Edit(ctx, admin, h.id, func(r *devhub.Registration) {
			r.Name, r.Scopes = "Parcels", append(r.Scopes, "deals:full")
		})
		if err != nil || a.Name != "Parcels" || a.Wants("deals:full") {
			t.Fatalf("%+v, %v", a, err)
		}
		if _, err := h.SaveExtension(ctx, admin, h.id, modal.UUID, devhub.NewExtension{Kind: devhub.CustomModal, Name: "After", URL: "https://app.example.com/y"}); err != nil {
			t.Fatal(err)
		}
		if err := h.RemoveExtension(ctx, admin, h.id, gone.UUID); err != nil {
			t.Fatal(err)
		}
		h.must(devhub.NewExtension{Kind: devhub.CustomModal, Name: "New"})
		if now := h.live(); len(now) != 2 || now[0].Name != "Before" {
			t.Errorf("people see %+v", now)
		}
		d, err := h.Draft(ctx, 1, h.id)
		if err != nil || d.Pending == nil || d.Pending.State != devhub.PendingOpen || !d.Next.Wants("deals:full") || d.App.Wants("deals:full") || len(d.Extensions) != 2 {
			t.Fatalf("%+v, %v", d, err)
		}
		if got := fmt.Sprint(d.Changes()); len(d.Changes()) != 4 || !strings.Contains(got, "After") || !strings.Contains(got, "Gone") || !strings.Contains(got, "deals:full") {
			t.Errorf("%s", got)
		}
		_, err = h.MergeChanges(ctx, admin, h.id)
		refused(t, "merging unreviewed", err, fault.Conflict, "")
		if _, err := h.Submit(ctx, admin, h.id); err != nil {
			t.Fatal(err)
		}
		if a, err := h.MergeChanges(ctx, admin, h.id); err != nil || !a.Wants("deals:full") {
			t.Fatalf("%+v, %v", a.Scopes, err)
		}
		now := h.live()
		if len(now) != 2 || now[0].Name != "After" || now[0].UUID != modal.UUID || now[1].Name != "New" {
			t.Errorf("%+v", now)
		}
		h.is(devhub.StatusLive)
		// What is discarded was never there.
		if _, err := h.Edit(ctx, admin, h.id, func(r *devhub.Registration) { r.CallbackURL = "https://elsewhere.example/cb" }); err != nil {
			t.Fatal(err)
		}
		if _, err := h.DiscardChanges(ctx, admin, h.id); err != nil {
			t.Fatal(err)
		}
		if d, err := h.Draft(ctx, 1, h.id); err != nil || d.Pending != nil || d.Next.CallbackURL != "https://app.example.com/cb" || len(d.Extensions) != 2 {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

// The operator answers pending changes too; what was approved and is changed
// again has to be reviewed again.
// spec: devhub.pending
func TestPendingReview(t *testing.T) {
	t.Parallel()
	h := newApp(t, storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations), true)
	ctx := t.Context()
	h.complete()
	url := func(u string) error {
		_, err := h.Edit(ctx, admin, h.id, func(r *devhub.Registration) { r.InstallationURL = u })
		return err
	}
	submit := func() error { _, err := h.Submit(ctx, admin, h.id); return err }
	for i, step := range []func() error{
		submit, func() error { return h.Decide(ctx, h.id, true, "") },
		func() error { return url("https://app.example.com/1") }, submit,
	} {
		if err := step(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	refused(t, "changing in review", url("https://app.example.com/2"), fault.Conflict, "")
	if q, err := h.Queue(ctx); err != nil || len(q) != 1 || q[0].Pending == nil || len(q[0].Changes()) != 1 {
		t.Errorf("%+v, %v", q, err)
	}
	if err := h.Decide(ctx, h.id, true, ""); err != nil {
		t.Fatal(err)
	}
	if err := url("https://app.example.com/3"); err != nil {
		t.Fatal(err)
	}
	_, err := h.MergeChanges(ctx, admin, h.id)
	refused(t, "merging what nobody saw", err, fault.Conflict, "")
}

// spec: devhub.video-manifest
// spec: devhub.upload.line-and-key
func TestVideoManifest(t *testing.T) {
	t.Parallel()
	h := newApp(t, storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations), false)
	manifest := func(id string) string {
		return fmt.Sprintf("{\n\"version\": \"v202049\",\n\"clientId\": %q,\n\"endpoints\": {\n\"postMeeting\": \"http://127.0.0.1:8083/pd/:linkId/meetings\",\n"+
			"\"patchUpdateMeeting\": \"http://127.0.0.1:8083/pd/:linkId/meetings/:meetingId\",\n\"deleteMeeting\": \"http://127.0.0.1:8083/pd/:linkId/meetings/:meetingId\"}}", id)
	}
	up := func(raw string) error {
		_, err := h.UploadVideoManifest(t.Context(), admin, h.id, []byte(raw))
		return err
	}
	refused(t, "without the scope", up(manifest(h.id)), fault.Invalid, "scopes")
	if _, err := h.Edit(t.Context(), admin, h.id, func(r *devhub.Registration) { r.Scopes = []string{devhub.ScopeVideoCalls} }); err != nil {
		t.Fatal(err)
	}
	good := manifest(h.id)
	for want, raw := range map[string]string{
		"Line 3, clientId":                         manifest("9f0a1b2c3d4e5f60"),
		"Line 2, version":                          strings.Replace(good, "v202049", "v1", 1),
		"Line 5, endpoints.postMeeting":            strings.Replace(good, ":linkId", ":link", 1),
		"Line 6, endpoints.patchUpdateMeeting":     strings.Replace(good, ":meetingId", "x", 1),
		"Line 4, endpoints: expected the key":      strings.Replace(good, "deleteMeeting", "removeMeeting", 1),
		"Line 7, endpoints.deleteMeeting: Expecte": strings.Replace(good, "\"deleteMeeting\": \"http://127", "\"deleteMeeting\": \"http://u:p@127", 1),
	} {
		err := up(raw)
		refused(t, want, err, fault.Invalid, "video_manifest")
		if err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := up(good); err != nil {
		t.Fatal(err)
	}
	a, err := h.ByClientID(t.Context(), h.id)
	if err != nil || a.VideoManifest == nil || a.VideoManifest.Endpoints.DeleteMeeting == "" {
		t.Errorf("%+v, %v", a.VideoManifest, err)
	}
}
