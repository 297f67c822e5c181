package messaging

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/fault"
)

const (
	fieldLimit = 4*MaxText + 1 // bytes of a text part: a character takes up to four
	partLimit  = 64            // parts of a form
)

// Form is a multipart body that was read to its end.
type Form struct {
	Fields map[string][]string
	Files  []Upload
}

// Get returns the first value of the first of these fields that is there.
func (f Form) Get(names ...string) string {
	for _, n := range names {
		if v := f.Fields[n]; len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// ReadForm reads a multipart body. Nothing is handed on unless all of it
// arrived: a body that was cut off is an error. Any part with a file name is a
// file; limits are those of the network.
// spec: app.messaging.multipart-whole
func ReadForm(r *http.Request, info NetworkInfo) (Form, error) {
	whole := dial.WatchForm(r)
	mr, err := r.MultipartReader()
	if err != nil {
		return Form{}, fault.New(fault.Invalid, "Content-Type", "expected multipart/form-data with a boundary, got %.80q", r.Header.Get("Content-Type"))
	}
	limits := info.Limits.within()
	f := Form{Fields: map[string][]string{}}
	left := int64(maxTotal)
	for n := 0; ; n++ {
		part, err := mr.NextRawPart()
		if err == io.EOF && whole() { // a wrapped io.EOF says that the body was cut off
			return f, nil
		}
		if err != nil {
			return Form{}, broken(err)
		}
		if n >= partLimit {
			return Form{}, fault.New(fault.TooLarge, "body", "expected at most %d parts", partLimit)
		}
		if err := f.read(part, info.Title, limits, &left); err != nil {
			return Form{}, err
		}
	}
}

func (f *Form) read(part *multipart.Part, title string, limits Limits, left *int64) error {
	name := part.FormName()
	if !isFile(part) {
		raw, err := dial.ReadAll(part, fieldLimit)
		if _, big := errors.AsType[*dial.TooLargeError](err); big {
			return fault.New(fault.TooLarge, fieldName(name), "expected at most %d characters", MaxText)
		}
		if err != nil {
			return broken(err)
		}
		if *left -= int64(len(raw)); *left < 0 {
			return fault.New(fault.TooLarge, "body", "expected at most %s altogether", megabytes(maxTotal))
		}
		f.Fields[name] = append(f.Fields[name], string(raw))
		return nil
	}
	up := Upload{Name: fileName(part), Type: part.Header.Get("Content-Type")}
	if len(f.Files) >= limits.Files {
		return fault.New(fault.TooLarge, "files", "%s takes up to %d files in a message, this one has more; send them in parts", title, limits.Files)
	}
	var err error
	up.Body, err = dial.ReadAll(part, min(limits.File, *left))
	if _, big := errors.AsType[*dial.TooLargeError](err); big {
		if limits.File <= *left {
			return tooLarge(title, up.Name, limits.File)
		}
		return fault.New(fault.TooLarge, "files", "expected files of at most %s altogether; send them in parts", megabytes(maxTotal))
	}
	if err != nil {
		return broken(err)
	}
	*left -= int64(len(up.Body))
	f.Files = append(f.Files, up)
	return nil
}

// isFile reports whether the part is a file, also one whose name is empty.
func isFile(part *multipart.Part) bool {
	_, params, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	_, ok := params["filename"]
	return ok
}

// fileName is the name as it was sent. Part.FileName would take the last part of
// a path by this machine's rules; CleanName does so by all.
func fileName(part *multipart.Part) string {
	_, params, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	return params["filename"]
}

func fieldName(name string) string {
	if name == "" || len(name) > 60 {
		return "body"
	}
	return strings.ToValidUTF8(name, "")
}

func broken(err error) error {
	if _, big := errors.AsType[*http.MaxBytesError](err); big {
		return fault.New(fault.TooLarge, "body", "expected at most %s altogether", megabytes(maxTotal))
	}
	return &fault.Error{Kind: fault.Invalid, Field: "body", Message: "expected a complete multipart body; this one ends too early or is damaged", Err: err}
}
