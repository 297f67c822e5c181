package web

import (
	"net/http"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) devhubImageRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodPost, Pattern: hubApp + "/images", Access: route.Admin, Req: "devhub.listing.images", Handler: w.handle(w.addImage)},
		{Method: http.MethodPost, Pattern: hubApp + "/images/{image}", Access: route.Admin, Req: "devhub.listing.images", Handler: w.handle(w.saveImage)},
	}
}

// CanAddImage reports whether the listing has room for another image.
func (p appPage) CanAddImage() bool { return len(p.Images) < devhub.MaxImages }

// addImage takes an image for the listing.
// spec: devhub.listing.images
func (w *Web) addImage(rw http.ResponseWriter, r *http.Request) error {
	if err := readUpload(rw, r, "image"); err != nil {
		return err
	}
	raw, err := fileOf(r, "image")
	if err != nil {
		return err
	}
	if len(raw) == 0 {
		return fault.New(fault.Invalid, "image", "Choose a PNG or JPG file.")
	}
	id := r.PathValue("client_id")
	if _, err := w.s.DevHub.AddImage(r.Context(), caller(r), id, raw, r.PostFormValue("alt")); err != nil {
		return err
	}
	w.toImages(rw, r)
	return nil
}

// saveImage changes the words of an image, its place, or takes it away.
func (w *Web) saveImage(rw http.ResponseWriter, r *http.Request) error {
	if err := readForm(rw, r); err != nil {
		return err
	}
	id, app := r.PathValue("client_id"), caller(r)
	image, err := strconv.ParseInt(r.PathValue("image"), 10, 64)
	if err != nil {
		return fault.Missing("There is no image %q.", r.PathValue("image"))
	}
	switch {
	case r.PostForm.Get("remove") != "":
		err = w.s.DevHub.RemoveImage(r.Context(), app, id, image)
	case r.PostForm.Get("up") != "":
		err = w.s.DevHub.MoveImageUp(r.Context(), app, id, image)
	default:
		err = w.s.DevHub.DescribeImage(r.Context(), app, id, image, r.PostForm.Get("alt"))
	}
	if err != nil {
		return err
	}
	w.toImages(rw, r)
	return nil
}

func (w *Web) toImages(rw http.ResponseWriter, r *http.Request) {
	w.redirect(rw, r, hubURL(r.PathValue("client_id"), "basic"))
}

// appImage serves an image of a listing; what is behind an address never changes.
func (w *Web) appImage(rw http.ResponseWriter, r *http.Request) error {
	img, err := w.s.DevHub.Image(r.Context(), r.PathValue("client_id"), r.PathValue("hash"))
	if err != nil {
		return err
	}
	h := rw.Header()
	h.Set("ETag", `"`+img.Hash+`"`)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if r.Header.Get("If-None-Match") == `"`+img.Hash+`"` {
		rw.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", img.ContentType)
	_, _ = rw.Write(img.Body) // the reader has gone; nobody to tell
	return nil
}
