package crm

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/dockwright/dockwright/internal/dial"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/records"
	"github.com/dockwright/dockwright/internal/host/rest"
)

const (
	maxFormField  = 64 << 10 // bytes
	maxFormFields = 100
)

// form is a multipart body with one file in it.
type form struct {
	file   records.Upload
	kind   string // the file's media type, as the sender says
	fields map[string]any
	whole  func() bool
}

// readForm reads a multipart body. The part "file" goes to the database as it
// comes, wherever in the body it stands; check, which may be nil, sees its name
// and type first. Whoever gets an error has nothing to discard.
func (s *Service) readForm(c *rest.Call, check func(name, kind string) error) (form, error) {
	f := form{fields: map[string]any{}, whole: dial.WatchForm(c.Request)}
	parts, err := c.Request.MultipartReader()
	if err != nil {
		return f, fault.New(fault.Invalid, "file", "Expected a body of type multipart/form-data with a part named file: %v.", err)
	}
	if err := s.readParts(c, parts, &f, check); err != nil {
		s.records.Discard(c.Context(), c.Caller, f.file)
		return f, err
	}
	return f, nil
}

func (s *Service) readParts(c *rest.Call, parts *multipart.Reader, f *form, check func(name, kind string) error) error {
	seen := false
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) && f.whole() {
			break
		}
		if err != nil {
			return fault.New(fault.Invalid, "file", "Expected a whole multipart body, but it ended early or is not well formed: %v.", err)
		}
		name := p.FormName()
		if name != "file" {
			if err := f.field(name, p); err != nil {
				return err
			}
			continue
		}
		if seen {
			return fault.New(fault.Invalid, "file", "Expected one part named file, got another.")
		}
		seen = true
		if err := s.readFile(c, p, f, check); err != nil {
			return err
		}
	}
	if !seen {
		return fault.New(fault.Invalid, "file", "Expected a part named file, got none.")
	}
	return nil
}

func (s *Service) readFile(c *rest.Call, p *multipart.Part, f *form, check func(name, kind string) error) error {
	f.kind, _, _ = mime.ParseMediaType(p.Header.Get("Content-Type"))
	if check != nil {
		if err := check(p.FileName(), f.kind); err != nil {
			return err
		}
	}
	var err error
	f.file, err = s.records.Receive(c.Context(), c.Caller, p.FileName(), p)
	return err
}

// field reads a part that is no file.
func (f *form) field(name string, p io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(p, maxFormField+1))
	if err != nil {
		return fault.New(fault.Invalid, name, "Expected a whole multipart body, but it ended early: %v.", err)
	}
	if len(raw) > maxFormField {
		return fault.New(fault.TooLarge, name, "Expected at most %d bytes, got more.", maxFormField)
	}
	if len(f.fields) == maxFormFields {
		return fault.New(fault.TooLarge, "", "Expected at most %d fields beside the file, got more.", maxFormFields)
	}
	f.fields[strings.TrimSuffix(name, "[]")] = string(raw)
	return nil
}
