package resttest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"
)

// face is a picture of somebody: its left half is red, its right half blue.
func face(t testing.TB, kind string, width, height int) formPart {
	t.Helper()
	pixels := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.NRGBA{200, 0, 0, 255}, color.NRGBA{0, 0, 200, 255}})
	for y := range height {
		for x := width / 2; x < width; x++ {
			pixels.SetColorIndex(x, y, 1)
		}
	}
	var b bytes.Buffer
	err := error(nil)
	switch kind {
	case "jpeg":
		err = jpeg.Encode(&b, pixels, &jpeg.Options{Quality: 95})
	case "gif":
		err = gif.Encode(&b, pixels, nil)
	default:
		err = png.Encode(&b, pixels)
	}
	if err != nil {
		t.Fatal(err)
	}
	return formPart{name: "file", file: "face." + kind, body: b.Bytes()}
}

// picture posts one for a person.
func (s *street) picture(person int64, want int, parts ...formPart) answer {
	s.t.Helper()
	body, kind := multipartBody(s.t, parts...)
	return s.do(call{op: "POST /v1/persons/{id}/picture", path: []any{person}, body: body, kind: kind, want: want})
}

// fetch gets what stands at an address, as an img element does: without a token.
func (s *street) fetch(address string) (*http.Response, []byte) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, raw
}

// spec: rest.persons.picture, rest.persons.picture.by-id, rest.persons.picture.none, rest.persons.picture.url
func TestPersonPicture(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	person := s.do(call{op: "POST /v1/persons", body: object{"name": "Mari Kask"}, want: 201}).id("data.id")
	get := func(want int) answer {
		return s.do(call{op: "GET /api/v2/persons/{id}/picture", path: []any{person}, want: want})
	}
	get(404)
	s.do(call{op: "DELETE /v1/persons/{id}/picture", path: []any{person}, want: 404})
	for _, kind := range []string{"png", "jpeg", "gif"} {
		s.picture(person, 200, face(t, kind, 700, 700))
		a := get(200)
		id := a.id("data.id")
		a.is("data.item_type", "person")
		a.is("data.item_id", person)
		a.is("data.added_by_user_id", s.Admin.ID)
		a.is("data.active_flag", true)
		a.is("data.file_size", len(face(t, kind, 700, 700).body))
		for _, side := range []int{128, 512} {
			resp, raw := s.fetch(a.text(fmt.Sprintf("data.pictures.%d", side)))
			p, format, err := image.Decode(bytes.NewReader(raw))
			if resp.StatusCode != 200 || err != nil || p.Bounds().Dx() != side || p.Bounds().Dy() != side {
				t.Fatalf("%s in %d: %s, %v", kind, side, resp.Status, err)
			}
			if want := map[string]string{"png": "png", "gif": "png", "jpeg": "jpeg"}[kind]; format != want || resp.Header.Get("Content-Type") != "image/"+want {
				t.Errorf("%s became %s, served as %s", kind, format, resp.Header.Get("Content-Type"))
			}
			red, _, _, _ := p.At(side/4, side/2).RGBA()
			_, _, blue, _ := p.At(3*side/4, side/2).RGBA()
			if red>>8 < 190 || blue>>8 < 190 {
				t.Errorf("%s in %d is no more red to the left and blue to the right: %d, %d", kind, side, red>>8, blue>>8)
			}
			if resp.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers %v", resp.Header)
			}
		}
		s.do(call{op: "GET /api/v2/persons/{id}", path: []any{person}}).is("data.picture_id", id)
		whole := s.do(call{op: "GET /v1/persons/{id}", path: []any{person}})
		for _, at := range []string{"data.picture_id", fmt.Sprintf("related_objects.picture.%d", id)} {
			whole.is(at+".id", id)
			whole.is(at+".item_id", person)
			whole.is(at+".pictures.128", a.text("data.pictures.128"))
		}
		whole.is("data.picture_id.value", id)
	}
	// The old addresses end with the picture; so do the new ones.
	old := get(200).text("data.pictures.512")
	s.picture(person, 200, face(t, "png", 128, 128))
	if resp, _ := s.fetch(old); resp.StatusCode != 404 {
		t.Errorf("a picture that was replaced: %s", resp.Status)
	}
	old = get(200).text("data.pictures.512")
	s.do(call{op: "DELETE /v1/persons/{id}/picture", path: []any{person}}).is("data.id", person)
	if resp, _ := s.fetch(old); resp.StatusCode != 404 {
		t.Errorf("a picture that was deleted: %s", resp.Status)
	}
	get(404)
	s.do(call{op: "GET /v1/persons/{id}", path: []any{person}}).is("data.picture_id", nil)
	for _, address := range []string{"/profile-pictures/1-00/128", "/profile-pictures/00/128", "/profile-pictures/1-00/129", "/profile-pictures/00/x"} {
		if resp, _ := s.fetch(s.URL + address); resp.StatusCode != 404 {
			t.Errorf("GET %s: %s", address, resp.Status)
		}
	}
}

// A part of the picture is taken where the fields say.
// spec: rest.persons.picture
func TestPictureIsCropped(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	person := s.do(call{op: "POST /v1/persons", body: object{"name": "Mari Kask"}, want: 201}).id("data.id")
	crop := func(want int, part formPart, numbers string) answer {
		parts := []formPart{part}
		for i, n := range strings.Fields(numbers) {
			parts = append(parts, formPart{name: []string{"crop_x", "crop_y", "crop_width", "crop_height"}[i], body: []byte(n)})
		}
		return s.picture(person, want, parts...)
	}
	crop(200, face(t, "png", 600, 300), "300 0 300 300")
	_, raw := s.fetch(s.do(call{op: "GET /api/v2/persons/{id}/picture", path: []any{person}}).text("data.pictures.512"))
	p, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if red, _, blue, _ := p.At(5, 256).RGBA(); red != 0 || blue>>8 != 200 {
		t.Errorf("the right half begins with %d red and %d blue", red>>8, blue>>8)
	}
	last := crop(200, face(t, "png", 600, 300), "300") // to the end of the picture
	for numbers, part := range map[string]formPart{
		"":                              face(t, "png", 600, 300),
		"0 0 127 127":                   face(t, "png", 600, 300),
		"0 0 200 201":                   face(t, "png", 600, 300),
		"500 0 200 200":                 face(t, "png", 600, 300),
		"-1 0 200 200":                  face(t, "png", 600, 300),
		"9223372036854775807 0 200 200": face(t, "png", 600, 300),
		"0 0 9223372036854775807 9223372036854775807": face(t, "png", 600, 300),
		"0 0 0 0": face(t, "png", 600, 300),
		"a":       face(t, "png", 600, 600),
		" ":       face(t, "png", 127, 127),
		"  ":      face(t, "png", 4097, 4097),
		"   ":     {name: "file", file: "face.png", body: []byte("<svg onload=alert(1)>")},
		"    ":    {name: "file", file: "face.png", body: face(t, "jpeg", 600, 600).body[:1000]},
		"     ":   {name: "picture", file: "face.png", body: face(t, "png", 600, 600).body},
	} {
		crop(400, part, numbers)
	}
	crop(413, formPart{name: "file", file: "face.png", body: make([]byte, 10<<20+1)}, "")
	// None of that has changed the picture.
	id := s.do(call{op: "GET /api/v2/persons/{id}", path: []any{person}}).id("data.picture_id")
	last.is(fmt.Sprintf("data.%d.id", id), id)
}

// Searches tell of pictures if they are asked, and a merge keeps the one there is.
// spec: rest.search.picture
func TestPictureInSearchAndMerge(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	with := s.do(call{op: "POST /v1/persons", body: object{"name": "Mari Kask"}, want: 201}).id("data.id")
	without := s.do(call{op: "POST /v1/persons", body: object{"name": "Mart Kask"}, want: 201}).id("data.id")
	s.picture(with, 200, face(t, "png", 128, 128))
	id := s.do(call{op: "GET /api/v2/persons/{id}/picture", path: []any{with}}).id("data.id")
	for _, op := range []string{"GET /v1/persons/search", "GET /api/v2/persons/search", "GET /v1/itemSearch", "GET /api/v2/itemSearch"} {
		s.do(call{op: op, query: parameters("term", "mari", "include_fields", "person.picture")}).is("data.items.0.item.picture.id", id)
		s.do(call{op: op, query: parameters("term", "mart", "include_fields", "person.picture")}).is("data.items.0.item.picture", nil)
	}
	s.do(call{op: "PUT /v1/persons/{id}/merge", path: []any{with}, body: object{"merge_with_id": without}}).is("data.picture_id", id)
	a := s.do(call{op: "GET /api/v2/persons/{id}/picture", path: []any{without}})
	a.is("data.item_id", without)
	if resp, _ := s.fetch(a.text("data.pictures.128")); resp.StatusCode != 200 {
		t.Errorf("the picture after a merge: %s", resp.Status)
	}
}

// Who does not see a person gets no addresses.
// spec: rest.persons.picture
func TestPictureIsSeenWithThePerson(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	person := s.do(call{op: "POST /v1/persons", body: object{"name": "Mari Kask", "visible_to": "1"}, want: 201}).id("data.id")
	s.picture(person, 200, face(t, "png", 128, 128))
	agent := s.Install(s.Agent, "contacts:full").AccessToken
	s.do(call{op: "GET /api/v2/persons/{id}/picture", path: []any{person}, token: agent, want: 404})
	s.do(call{op: "DELETE /v1/persons/{id}/picture", path: []any{person}, token: agent, want: 404})
}
