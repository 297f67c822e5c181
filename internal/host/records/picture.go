package records

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/dockwright/dockwright/internal/clock"
	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/secret"
	"github.com/dockwright/dockwright/internal/store"
)

// PicturePath is the path below which pictures of persons are served, as
// PicturePath/{key}/{side}.
const PicturePath = "/profile-pictures"

// Picture is that of a person.
type Picture struct {
	ID      int64
	Person  int64
	User    int64 // who brought it
	Size    int64 // bytes of the upload
	AddedAt time.Time

	key          string
	contentType  string
	small, large content
}

// Path is where a side of the picture is found, by anybody who knows it.
// spec: rest.persons.picture.url
func (p Picture) Path(side int) string { return picturePath(p.key, side) }

// pictureKey tells in which company the picture is, and a secret.
func pictureKey(company int64, random string) string { return fmt.Sprintf("%d-%s", company, random) }

func picturePath(key string, side int) string {
	return PicturePath + "/" + key + "/" + strconv.Itoa(side)
}

// PicturePath is where pages find the person's picture, "" without one.
func (p Person) PicturePath() string {
	if p.pictureKey == "" {
		return ""
	}
	return picturePath(p.pictureKey, SmallPicture)
}

const pictureColumns = `id, person_id, user_id, address_key, content_type, file_size, small_id, small_size, large_id, large_size, added_at`

func scanPicture(sc store.Scanner) (p Picture, err error) {
	var added int64
	err = sc.Scan(&p.ID, &p.Person, &p.User, &p.key, &p.contentType, &p.Size, &p.small.ID, &p.small.Size, &p.large.ID, &p.large.Size, &added)
	p.AddedAt = clock.FromMicros(added)
	return p, err
}

// SetPicture gives a person a picture, in the place of the one that is there. The
// upload is gone afterwards.
// spec: rest.persons.picture
func (s *Service) SetPicture(ctx context.Context, c route.Caller, person int64, u Upload, crop Crop) (Picture, error) {
	defer s.Discard(ctx, c, u)
	if u.Size > MaxPicture {
		return Picture{}, fault.New(fault.TooLarge, "file", "Expected at most %d MB, got %d bytes.", MaxPicture>>20, u.Size)
	}
	raw, err := io.ReadAll(s.stream(ctx, c, content{u.id, u.Size}))
	if err != nil {
		return Picture{}, fmt.Errorf("read an uploaded picture: %w", err)
	}
	both, err := readPixels(raw, crop)
	if err != nil {
		return Picture{}, err
	}
	p := Picture{Person: person, User: c.User, Size: u.Size, AddedAt: s.db.Now(), key: pictureKey(c.Company, secret.Random(20)), contentType: both.contentType}
	if p.small, err = s.keep(ctx, c, bytes.NewReader(both.small), MaxFile); err != nil {
		return Picture{}, err
	}
	if p.large, err = s.keep(ctx, c, bytes.NewReader(both.large), MaxFile); err != nil {
		s.drop(context.WithoutCancel(ctx), c, p.small.ID)
		return Picture{}, err
	}
	err = s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		was, err := lockPerson(tx, c, person)
		if err != nil {
			return err
		}
		for _, kept := range []content{p.small, p.large} {
			if err := use(tx, kept); err != nil {
				return err
			}
		}
		p.ID, err = s.replacePicture(tx, c, was, p)
		return err
	})
	if err != nil {
		s.drop(context.WithoutCancel(ctx), c, p.small.ID)
		s.drop(context.WithoutCancel(ctx), c, p.large.ID)
	}
	return p, err
}

// replacePicture stores a picture and tells of the person's change.
func (s *Service) replacePicture(tx *store.Tx, c route.Caller, was Person, p Picture) (int64, error) {
	if err := removePicture(tx, was.ID); err != nil {
		return 0, err
	}
	id, err := tx.NextID("picture")
	if err != nil {
		return 0, err
	}
	p.ID = id
	if err := insertPicture(tx, p); err != nil {
		return 0, err
	}
	return id, s.pictured(tx, c, was, id, p.key)
}

func insertPicture(tx *store.Tx, p Picture) error {
	_, err := tx.Exec(`INSERT INTO records_picture (company_id, `+pictureColumns+`) VALUES (@company, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.Person, p.User, p.key, p.contentType, p.Size, p.small.ID, p.small.Size, p.large.ID, p.large.Size, clock.Micros(p.AddedAt))
	return err
}

// pictured writes which picture a person has, and tells of it.
func (s *Service) pictured(tx *store.Tx, c route.Caller, was Person, id int64, key string) error {
	p := was
	p.Picture, p.pictureKey, p.UpdatedAt = id, key, after(was.UpdatedAt, tx.Now())
	if err := storePictured(tx, p); err != nil {
		return err
	}
	return s.changed(tx, c, personChange(Updated, was, p))
}

func storePictured(tx *store.Tx, p Person) error {
	_, err := tx.Exec(`UPDATE records_person SET picture_id = ?, picture_key = ?, updated_at = ? WHERE company_id = @company AND id = ?`,
		p.Picture, p.pictureKey, clock.Micros(p.UpdatedAt), p.ID)
	return err
}

// removePicture takes a person's picture away, if there is one. Nobody is shown it
// any more, so its bytes are not kept.
func removePicture(tx *store.Tx, person int64) error {
	old, err := store.One(tx, scanPicture, `SELECT `+pictureColumns+` FROM records_picture WHERE company_id = @company AND person_id = ?`, person)
	if errors.Is(err, store.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM records_picture WHERE company_id = @company AND id = ?`, old.ID); err != nil {
		return err
	}
	for _, id := range []int64{old.small.ID, old.large.ID} {
		if err := release(tx, id, tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

// RemovePicture takes a person's picture away.
func (s *Service) RemovePicture(ctx context.Context, c route.Caller, person int64) error {
	return s.db.Company(c.Company).Update(ctx, func(tx *store.Tx) error {
		was, err := lockPerson(tx, c, person)
		if err != nil {
			return err
		}
		if was.Picture == 0 {
			return fault.Missing("The person %d has no picture.", person)
		}
		if err := removePicture(tx, person); err != nil {
			return err
		}
		return s.pictured(tx, c, was, 0, "")
	})
}

// passPicture gives the picture of a person who goes to the one who stays, if that
// one has none.
func passPicture(tx *store.Tx, goes Person, stays *Person) error {
	if goes.Picture == 0 || stays.Picture != 0 {
		return nil
	}
	if _, err := tx.Exec(`UPDATE records_picture SET person_id = ? WHERE company_id = @company AND id = ?`, stays.ID, goes.Picture); err != nil {
		return err
	}
	stays.Picture, stays.pictureKey = goes.Picture, goes.pictureKey
	goes.Picture, goes.pictureKey = 0, ""
	if err := storePictured(tx, goes); err != nil {
		return err
	}
	return storePictured(tx, *stays)
}

// PictureOf returns the picture of a person whom the caller sees.
func (s *Service) PictureOf(ctx context.Context, c route.Caller, person int64) (p Picture, err error) {
	err = s.db.Company(c.Company).View(ctx, func(tx *store.Tx) error {
		if _, err := readPerson(tx, c, person); err != nil {
			return err
		}
		p, err = store.One(tx, scanPicture, `SELECT `+pictureColumns+` FROM records_picture WHERE company_id = @company AND person_id = ?`, person)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		err = fault.Missing("The person %d has no picture.", person)
	}
	return p, err
}

// Pictures returns those of persons that the caller was shown, by the person's id.
func (s *Service) Pictures(ctx context.Context, c route.Caller, persons []int64) (map[int64]Picture, error) {
	if persons = some(persons); len(persons) == 0 {
		return nil, nil
	}
	var list []Picture
	err := s.db.Company(c.Company).View(ctx, func(tx *store.Tx) (err error) {
		list, err = store.Select(tx, scanPicture, `SELECT `+pictureColumns+` FROM records_picture
			WHERE company_id = @company AND person_id IN (`+places(len(persons))+`)`, anys(persons)...)
		return err
	})
	out := make(map[int64]Picture, len(list))
	for _, p := range list {
		out[p.Person] = p
	}
	return out, err
}

// PictureBytes are those behind an address: who knows the key may see them.
func (s *Service) PictureBytes(ctx context.Context, key string, side int) (*Stream, error) {
	missing := fault.Missing("There is no such picture.")
	if !store.Storable(key) || side != SmallPicture && side != LargePicture {
		return nil, missing
	}
	digits, _, _ := strings.Cut(key, "-")
	company, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || company <= 0 {
		return nil, missing
	}
	var p Picture
	err = s.db.Company(company).View(ctx, func(tx *store.Tx) error {
		p, err = store.One(tx, scanPicture, `SELECT `+pictureColumns+` FROM records_picture WHERE company_id = @company AND address_key = ?`, key)
		return err
	})
	if errors.Is(err, store.ErrNoRows) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	of := p.small
	if side == LargePicture {
		of = p.large
	}
	r := s.stream(ctx, route.Caller{Company: company}, of)
	r.Name, r.Type, r.At = "picture", p.contentType, p.AddedAt
	return r, nil
}

// PreparedPicture is a picture from a file, in its sizes.
type PreparedPicture struct {
	pixels
	random string
	size   int64
}

// PreparePicture makes what a picture needs before the transaction in which
// [Service.AddPicture] stores it.
func PreparePicture(raw []byte) (PreparedPicture, error) {
	if len(raw) > MaxPicture {
		return PreparedPicture{}, fault.New(fault.TooLarge, "picture", "Expected at most %d MB, got %d bytes.", MaxPicture>>20, len(raw))
	}
	both, err := readPixels(raw, Crop{})
	return PreparedPicture{both, secret.Random(20), int64(len(raw))}, err
}

// AddPicture gives a new person a picture, inside the caller's transaction. It is
// for filling a company from a file.
func (s *Service) AddPicture(tx *store.Tx, c route.Caller, p Person, ready PreparedPicture) error {
	pic := Picture{Person: p.ID, User: c.User, Size: ready.size, AddedAt: p.AddedAt, key: pictureKey(tx.Company(), ready.random), contentType: ready.contentType}
	for _, part := range []struct {
		to    *content
		bytes []byte
	}{{&pic.small, ready.small}, {&pic.large, ready.large}} {
		id, err := putContent(tx, part.bytes)
		if err != nil {
			return err
		}
		*part.to = content{id, int64(len(part.bytes))}
	}
	var err error
	if pic.ID, err = tx.NextID("picture"); err != nil {
		return err
	}
	if err := insertPicture(tx, pic); err != nil {
		return err
	}
	p.Picture, p.pictureKey = pic.ID, pic.key
	return storePictured(tx, p)
}

// PictureIn reads the large size of a person's picture inside the caller's
// transaction; nil if there is none, or it is longer than most bytes.
func (s *Service) PictureIn(tx *store.Tx, p Person, most int64) ([]byte, error) {
	if p.Picture == 0 {
		return nil, nil
	}
	pic, err := store.One(tx, scanPicture, `SELECT `+pictureColumns+` FROM records_picture WHERE company_id = @company AND id = ?`, p.Picture)
	if err != nil {
		return nil, err
	}
	return bytesOf(tx, pic.large.ID, most)
}
