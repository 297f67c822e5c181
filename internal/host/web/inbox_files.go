package web

import (
	"mime"
	"net/http"
	"slices"
	"strconv"

	"github.com/dockwright/dockwright/internal/fault"
)

// shownPictures are the types that a browser may show in place; what they really
// are is read from the bytes.
var shownPictures = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// inboxFile serves what an agent attached. Anything but a picture is only ever saved,
// so that a page somebody uploaded never runs on this origin.
//
// spec: messaging.inbox.files
func (w *Web) inboxFile(rw http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r, "id")
	if err != nil {
		return err
	}
	f, err := w.s.Inbox.File(r.Context(), caller(r), id)
	if err != nil {
		return err
	}
	kind, how := "application/octet-stream", "attachment"
	if sniffed := http.DetectContentType(f.Body); slices.Contains(shownPictures, sniffed) {
		kind, how = sniffed, "inline"
	}
	disposition := mime.FormatMediaType(how, map[string]string{"filename": displayFileName(f.Name)})
	if disposition == "" {
		return fault.New(fault.Internal, "", "file %d has a name that no header can carry", id)
	}
	h := rw.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Length", strconv.Itoa(len(f.Body)))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, max-age=3600")
	_, _ = rw.Write(f.Body) // the reader has gone; nobody to tell
	return nil
}
