package messaging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// Limits of the app, where the network has none of its own.
const (
	MaxText  = 65_536   // characters of one message
	MaxFiles = 10       // files of one message
	MaxFile  = 16 << 20 // bytes of one file
	maxTotal = 48 << 20 // bytes of all files of one message
	nameMax  = 120      // characters of a file's name
)

const purposeFile = "file link"

// imageTypes are what browsers show without running anything inside it.
var imageTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

func showable(mimeType string) bool { return slices.Contains(imageTypes, mimeType) }

// within returns l with the app's own limits where it has none.
func (l Limits) within() Limits {
	if l.Text <= 0 || l.Text > MaxText {
		l.Text = MaxText
	}
	if l.Files <= 0 || l.Files > MaxFiles {
		l.Files = MaxFiles
	}
	if l.File <= 0 || l.File > MaxFile {
		l.File = MaxFile
	}
	return l
}

// check says in words what is too much, too little or no text.
func (l Limits) check(title, text string, files []Upload) error {
	l = l.within()
	if !utf8.ValidString(text) {
		return fault.New(fault.Invalid, "message", "expected text in UTF-8, got bytes that are none")
	}
	if strings.ContainsRune(text, 0) {
		return fault.New(fault.Invalid, "message", "expected text without the character U+0000; take it out")
	}
	if n := utf8.RuneCountInString(text); n > l.Text {
		return fault.New(fault.TooLarge, "message", "%s takes messages of up to %d characters, this one has %d; send it in parts", title, l.Text, n)
	}
	if strings.TrimSpace(text) == "" && len(files) == 0 {
		return fault.New(fault.Invalid, "message", "expected a text or a file, got neither")
	}
	if len(files) > l.Files {
		return fault.New(fault.TooLarge, "files", "%s takes up to %d files in a message, this one has %d; send them in parts", title, l.Files, len(files))
	}
	for _, f := range files {
		if int64(len(f.Body)) > l.File {
			return tooLarge(title, f.Name, l.File)
		}
	}
	return nil
}

func tooLarge(title, name string, limit int64) error {
	return fault.New(fault.TooLarge, "files", "%s takes files of up to %s, %q is larger; send a smaller one", title, megabytes(limit), CleanName(name))
}

func megabytes(n int64) string {
	if n >= 1<<20 {
		return strconv.FormatInt(n>>20, 10) + " MB"
	}
	return strconv.FormatInt(n>>10, 10) + " kB"
}

// CleanName makes a stranger's file name into one that is safe to show and to
// save under: the last part of the path, without characters that hide or steer.
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || strings.ContainsRune(`<>:"|?*%`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if n := utf8.RuneCountInString(name); n > nameMax {
		ext := path.Ext(name)
		if utf8.RuneCountInString(ext) > 12 {
			ext = ""
		}
		keep := []rune(strings.TrimSuffix(name, ext))
		name = strings.TrimRight(string(keep[:nameMax-utf8.RuneCountInString(ext)]), " .") + ext
	}
	if name == "" || name == "/" {
		return "file"
	}
	return name
}

// kindOf is the type of a file: for images what its bytes are, for the rest what
// the sender said, which is never used to show it.
func kindOf(u Upload) string {
	sniffed, _, _ := mime.ParseMediaType(http.DetectContentType(u.Body))
	if showable(sniffed) {
		return sniffed
	}
	said, _, err := mime.ParseMediaType(u.Type)
	if err != nil || strings.HasPrefix(said, "image/") || len(said) > 100 {
		return "application/octet-stream"
	}
	return said
}

// files makes uploads into stored files.
func filesOf(ups []Upload) (files []File, bodies [][]byte) {
	for _, u := range ups {
		kind := kindOf(u)
		files = append(files, File{ID: secret.Random(16), Name: CleanName(u.Name), Type: kind, Size: int64(len(u.Body)), Image: showable(kind)})
		bodies = append(bodies, u.Body)
	}
	return files, bodies
}

// links signs and serves attachments.
type links struct {
	db       *store.DB
	keys     *secret.Keyring
	channels *channels
	base     string
	life     time.Duration
}

// sign returns a link to f that works until life has passed. Links that are made
// within the same tenth of that are the same, so that caches work.
func (l *links) sign(ch Channel, f File) string {
	step := max(l.life/10, time.Second)
	until := strconv.FormatInt(l.db.Now().Truncate(step).Add(l.life+step).Unix(), 10)
	return fmt.Sprintf("%s/files/%s/%s/%s?until=%s&signature=%s", l.base, url.PathEscape(ch.ProviderID), f.ID,
		url.PathEscape(f.Name), until, l.keys.MAC(purposeFile, ch.ProviderID, f.ID, until))
}

// serve answers GET and HEAD /files/{channel}/{file}/{name}.
func (l *links) serve(w http.ResponseWriter, r *http.Request) error {
	until, sig := r.URL.Query().Get("until"), r.URL.Query().Get("signature")
	want := l.keys.MAC(purposeFile, r.PathValue("channel"), r.PathValue("file"), until)
	unix, err := strconv.ParseInt(until, 10, 64)
	if err != nil || !secret.Equal(sig, want) {
		return fault.New(fault.Forbidden, "signature", "this link is not one that this app made")
	}
	left := time.Unix(unix, 0).Sub(l.db.Now())
	if left <= 0 {
		return fault.New(fault.Forbidden, "until", "this link has expired; ask for the message again to get a fresh one")
	}
	ch, err := l.channels.find(r.Context(), r.PathValue("channel"))
	if err != nil {
		return err
	}
	f, body, err := l.read(r.Context(), ch, r.PathValue("file"))
	if err != nil {
		return err
	}
	h := w.Header()
	disposition, kind := "attachment", "application/octet-stream"
	if f.Image {
		disposition, kind = "inline", f.Type
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // the host's page shows it
	h.Set("Cache-Control", fmt.Sprintf("private, max-age=%d, immutable", int(left/time.Second)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	return nil
}

func (l *links) read(ctx context.Context, ch Channel, id string) (f File, body []byte, err error) {
	err = l.db.Company(ch.Company).View(ctx, func(tx *store.Tx) error {
		_, err := store.One(tx, func(r store.Scanner) (struct{}, error) {
			return struct{}{}, r.Scan(&f.ID, &f.Name, &f.Type, &f.Size, &body)
		}, `SELECT id, name, type, size, body FROM attachment WHERE company_id = @company AND channel_id = ? AND id = ?`, ch.ID, id)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		return File{}, nil, fault.Missing("there is no such file")
	}
	f.Image = showable(f.Type)
	return f, body, err
}
