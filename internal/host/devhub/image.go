package devhub

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/jpeg" // read by image.DecodeConfig
	_ "image/png"  // read by image.DecodeConfig
	"net/url"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// Bounds of the images of a listing.
const (
	MaxImages     = 5       // of an app
	MaxImage      = 5 << 20 // bytes
	MinImageWidth = 640     // pixels
	MaxAlt        = 150     // characters
)

// ImagePath is the path below which the images of listings are served, as
// ImagePath/{client_id}/{hash}.
const ImagePath = "/app-images"

// Image is a picture of an app's listing.
type Image struct {
	ID            int64
	Alt           string // what is to be seen, in words
	Hash          string
	ContentType   string
	Width, Height int    // pixels
	Body          []byte // lists leave it out
	Address       string // where pages find it
}

// readPicture accepts a PNG or JPEG of at most so many bytes.
func readPicture(field string, raw []byte, most int) (size image.Config, contentType string, err error) {
	if len(raw) > most {
		return size, "", fault.New(fault.TooLarge, field, "Expected at most %d MB, got %d bytes.", most>>20, len(raw))
	}
	size, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || (kind != "png" && kind != "jpeg") {
		return size, "", fault.New(fault.Invalid, field, "Expected a PNG or JPG picture, got something else.")
	}
	return size, "image/" + kind, nil
}

// checkImage accepts a PNG or JPEG in 16:10, give or take a pixel.
// spec: devhub.listing.image-size
// spec: devhub.listing.images
func checkImage(raw []byte, alt string) (Image, error) {
	alt = strings.TrimSpace(alt)
	if err := checkText("alt", alt, 1, MaxAlt); err != nil {
		return Image{}, err
	}
	size, kind, err := readPicture("image", raw, MaxImage)
	if err != nil {
		return Image{}, err
	}
	if size.Width < MinImageWidth || size.Width > maxIconSide || size.Height > maxIconSide {
		return Image{}, fault.New(fault.Invalid, "image", "Expected %d to %d pixels in width, got %d × %d.", MinImageWidth, maxIconSide, size.Width, size.Height)
	}
	if off := 16*size.Height - 10*size.Width; off > 16 || off < -16 {
		return Image{}, fault.New(fault.Invalid, "image", "Expected a picture in 16:10, such as 1280 × 800 pixels, got %d × %d.", size.Width, size.Height)
	}
	return Image{Alt: alt, Hash: secret.Hash(string(raw))[:16], ContentType: kind, Width: size.Width, Height: size.Height, Body: raw}, nil
}

var errTooManyImages = fault.New(fault.Conflict, "image", "A listing has at most %d images. Remove one first.", MaxImages)

// AddImage puts a picture behind those of an app's listing.
func (s *Service) AddImage(ctx context.Context, c route.Caller, clientID string, raw []byte, alt string) (App, error) {
	img, err := checkImage(raw, alt)
	if err != nil {
		return App{}, err
	}
	return s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) {
		if a.ImageCount >= MaxImages {
			return a, errTooManyImages
		}
		last, err := store.One(tx, store.Value[int64], `SELECT COALESCE(MAX(position), 0) FROM devhub_image WHERE company_id = @company AND app_id = ?`, a.ID)
		if err != nil {
			return a, err
		}
		a.ImageCount++
		return a, insertImage(tx, a.ID, last+1, img)
	})
}

func insertImage(tx *store.Tx, app, position int64, img Image) error {
	id, err := tx.NextID("app_image")
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO devhub_image (company_id, id, app_id, position, alt, hash, content_type, width, height, body)
		VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, id, app, position, img.Alt, img.Hash, img.ContentType, img.Width, img.Height, img.Body)
	return err
}

// DescribeImage changes the words for an image.
func (s *Service) DescribeImage(ctx context.Context, c route.Caller, clientID string, id int64, alt string) error {
	alt = strings.TrimSpace(alt)
	if err := checkText("alt", alt, 1, MaxAlt); err != nil {
		return err
	}
	return s.changeImages(ctx, c, clientID, id, func(tx *store.Tx, _ App, _ []Image, _ int) error {
		_, err := tx.Exec(`UPDATE devhub_image SET alt = ? WHERE company_id = @company AND id = ?`, alt, id)
		return err
	})
}

// MoveImageUp lets an image change places with the one before it.
func (s *Service) MoveImageUp(ctx context.Context, c route.Caller, clientID string, id int64) error {
	return s.changeImages(ctx, c, clientID, id, func(tx *store.Tx, _ App, all []Image, at int) error {
		if at > 0 {
			all[at-1], all[at] = all[at], all[at-1]
		}
		for i, img := range all {
			if _, err := tx.Exec(`UPDATE devhub_image SET position = ? WHERE company_id = @company AND id = ?`, i+1, img.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// RemoveImage takes an image away. A public app that was sent to the review keeps
// one.
func (s *Service) RemoveImage(ctx context.Context, c route.Caller, clientID string, id int64) error {
	return s.changeImages(ctx, c, clientID, id, func(tx *store.Tx, a App, all []Image, _ int) error {
		if len(all) == 1 && a.Public && a.State != StatusDraft {
			return fault.New(fault.Conflict, "image", "The listing of a public app keeps one image. Add another before you remove this one.")
		}
		_, err := tx.Exec(`DELETE FROM devhub_image WHERE company_id = @company AND id = ?`, id)
		return err
	})
}

// changeImages runs fn on the images of an app; at is the place of the one with id.
func (s *Service) changeImages(ctx context.Context, c route.Caller, clientID string, id int64, fn func(tx *store.Tx, a App, all []Image, at int) error) error {
	_, err := s.change(ctx, c, clientID, func(tx *store.Tx, a App) (App, error) {
		all, err := s.ImagesIn(tx, clientID)
		if err != nil {
			return a, err
		}
		at := slices.IndexFunc(all, func(i Image) bool { return i.ID == id })
		if at < 0 {
			return a, fault.Missing("The app has no image %d. Somebody may have removed it.", id)
		}
		return a, fn(tx, a, all, at)
	})
	return err
}

const imageColumns = `i.id, i.alt, i.hash, i.content_type, i.width, i.height, a.client_id`

func scanImage(s store.Scanner, more ...any) (i Image, err error) {
	var clientID string
	err = s.Scan(append([]any{&i.ID, &i.Alt, &i.Hash, &i.ContentType, &i.Width, &i.Height, &clientID}, more...)...)
	i.Address = ImagePath + "/" + clientID + "/" + i.Hash
	return i, err
}

// Images lists the images of an app of any company in their order.
func (s *Service) Images(ctx context.Context, clientID string) (list []Image, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		list, err = s.ImagesIn(tx, clientID)
		return err
	})
	return list, err
}

// ImagesIn is Images inside the caller's transaction.
func (s *Service) ImagesIn(tx *store.Tx, clientID string) ([]Image, error) {
	return store.Select(tx.Unbound(), func(s store.Scanner) (Image, error) { return scanImage(s) }, `SELECT `+imageColumns+`
		FROM devhub_image i JOIN devhub_app a ON a.company_id = i.company_id AND a.id = i.app_id WHERE a.client_id = ? ORDER BY i.position, i.id`, clientID)
}

// Image returns an image of an app of any company with its bytes.
func (s *Service) Image(ctx context.Context, clientID, hash string) (img Image, err error) {
	missing := fault.Missing("The app %q has no such image.", clip(clientID))
	if !store.Storable(clientID) || !store.Storable(hash) {
		return Image{}, missing
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		img, err = s.ImageIn(tx, clientID, hash)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		err = missing
	}
	return img, err
}

// ImageIn is Image inside the caller's transaction; without one it is
// [store.ErrNoRows].
func (s *Service) ImageIn(tx *store.Tx, clientID, hash string) (Image, error) {
	return store.One(tx.Unbound(), func(s store.Scanner) (Image, error) {
		var body []byte
		i, err := scanImage(s, &body)
		i.Body = body
		return i, err
	}, `SELECT `+imageColumns+`, i.body FROM devhub_image i JOIN devhub_app a ON a.company_id = i.company_id AND a.id = i.app_id
		WHERE a.client_id = ? AND i.hash = ? ORDER BY i.id LIMIT 1`, clientID, hash)
}

// checkVideo accepts the address of a video on YouTube.
func checkVideo(value string) error {
	if value == "" {
		return nil
	}
	if err := checkURL("video_url", value, true); err != nil {
		return err
	}
	u, err := url.Parse(value)
	if err == nil {
		host := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(u.Host), "www."), "m.")
		short := host == "youtu.be" && len(u.Path) > 1
		long := host == "youtube.com" && (u.Path == "/watch" && u.Query().Get("v") != "" || strings.HasPrefix(u.Path, "/shorts/") || strings.HasPrefix(u.Path, "/embed/"))
		if short || long {
			return nil
		}
	}
	return fault.New(fault.Invalid, "video_url", "Expected a video on YouTube, such as https://www.youtube.com/watch?v=abc, got %q.", clip(value))
}
