package dial

import (
	"bytes"
	"io"
	"mime"
	"net/http"
)

// WatchForm watches r's body while it is read as a form. The function it returns
// says, after the reading, whether the body came whole: the standard library
// takes a multipart body that was cut off in the head of a part for one that
// ended there. Other bodies count as whole.
func WatchForm(r *http.Request) (whole func() bool) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || r.Body == nil {
		return func() bool { return true }
	}
	w := &formWatch{ReadCloser: r.Body, mark: []byte("\n--" + params["boundary"] + "--"), last: []byte("\n")}
	r.Body = w
	return func() bool { return w.seen }
}

// formWatch passes a body through and notes when mark, the boundary that closes
// it, was in it.
type formWatch struct {
	io.ReadCloser
	mark []byte
	last []byte // what may be the beginning of mark
	seen bool
}

func (w *formWatch) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if !w.seen {
		w.last = append(w.last, p[:n]...)
		w.seen = bytes.Contains(w.last, w.mark)
		w.last = append(w.last[:0], w.last[max(0, len(w.last)-len(w.mark)+1):]...)
	}
	return n, err
}
