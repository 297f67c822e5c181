package devhub_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// spec: devhub.listing.images, devhub.listing.image-size
func TestImages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		h, ctx := newApp(t, open(live.Migrations, account.Migrations, devhub.Migrations), true), t.Context()
		for name, c := range map[string]struct {
			raw   []byte
			alt   string
			kind  fault.Kind
			field string
		}{
			"no words":      {picture(t, 640, 400), " ", fault.Invalid, "alt"},
			"no picture":    {[]byte("GIF89a"), "A parcel", fault.Invalid, "image"},
			"narrow":        {picture(t, 480, 300), "A parcel", fault.Invalid, "image"},
			"another shape": {picture(t, 1280, 720), "A parcel", fault.Invalid, "image"},
			"large":         {make([]byte, devhub.MaxImage+1), "A parcel", fault.TooLarge, "image"},
		} {
			_, err := h.AddImage(ctx, admin, h.id, c.raw, c.alt)
			refused(t, name, err, c.kind, c.field)
		}
		_, err := h.AddImage(ctx, agent, h.id, picture(t, 640, 400), "A parcel")
		refused(t, "an agent's", err, fault.Forbidden, "")
		var b bytes.Buffer
		if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 1366, 854)), nil); err != nil { // as near to 16:10 as whole pixels come
			t.Fatal(err)
		}
		a, err := h.AddImage(ctx, admin, h.id, b.Bytes(), " A parcel ")
		if err != nil || a.ImageCount != 1 {
			t.Fatalf("%d images, %v", a.ImageCount, err)
		}
		list, err := h.Images(ctx, h.id)
		if err != nil || len(list) != 1 || list[0].Alt != "A parcel" || list[0].Width != 1366 || list[0].Height != 854 || list[0].ContentType != "image/jpeg" || list[0].Body != nil {
			t.Fatalf("%+v, %v", list, err)
		}
		img, err := h.Image(ctx, h.id, list[0].Hash)
		if err != nil || !bytes.Equal(img.Body, b.Bytes()) || img.Address != list[0].Address {
			t.Errorf("%d bytes at %s, %v", len(img.Body), img.Address, err)
		}
		_, err = h.Image(ctx, h.id, "none")
		refused(t, "no such image", err, fault.NotFound, "")
		// In the Marketplace a listing keeps its last image.
		h.complete()
		if _, err := h.Submit(ctx, admin, h.id); err != nil {
			t.Fatal(err)
		}
		if list, err = h.Images(ctx, h.id); err != nil || len(list) != 2 {
			t.Fatalf("%+v, %v", list, err)
		}
		if err := h.RemoveImage(ctx, admin, h.id, list[0].ID); err != nil {
			t.Fatal(err)
		}
		refused(t, "the last image", h.RemoveImage(ctx, admin, h.id, list[1].ID), fault.Conflict, "image")
	})
}

// spec: devhub.listing.images
func TestVideoOfListing(t *testing.T) {
	t.Parallel()
	h := newApp(t, storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations), false)
	set := func(address string) error {
		_, err := h.Edit(t.Context(), admin, h.id, func(r *devhub.Registration) { r.VideoURL = address })
		return err
	}
	for _, good := range []string{"https://www.youtube.com/watch?v=a-b_1", "https://youtu.be/a-b_1", "https://m.youtube.com/shorts/a", "https://youtube.com/embed/a", ""} {
		if err := set(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"http://youtu.be/a", "https://youtu.be/", "https://www.youtube.com/watch", "https://youtube.com.example/watch?v=a", "https://video.example/a", "javascript:alert(1)", "youtu.be/a"} {
		refused(t, bad, set(bad), fault.Invalid, "video_url")
	}
}
