package web

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/host/account"
)

// send posts a form with one file.
func (g *gatePages) send(path, field string, content []byte, pairs ...string) answer {
	g.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	if content != nil {
		f, err := m.CreateFormFile(field, "x")
		g.ok(err)
		_, err = f.Write(content)
		g.ok(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		g.ok(m.WriteField(pairs[i], pairs[i+1]))
	}
	g.ok(m.Close())
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.base+path, &b)
	g.ok(err)
	req.Header.Set("Content-Type", m.FormDataContentType())
	return g.do(req)
}

// done wants a form to have been accepted.
func (g *gatePages) done(a answer) {
	g.t.Helper()
	if a.status != 303 {
		g.t.Fatalf("got %d: %s", a.status, a.body)
	}
}

// fromTemplate makes an app and returns its path in the Developer Hub.
func (g *gatePages) fromTemplate(template string, pairs ...string) string {
	g.t.Helper()
	a := g.post("/developer-hub/new", append([]string{"template", template, "type", "private", "name", "App " + template, "callback_url", "http://localhost:3000/callback"}, pairs...)...)
	g.done(a)
	return a.location
}

// Every template makes an app that is whole.
// spec: devhub.wizard
func TestTemplates(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	for template, words := range map[string][]string{
		"api":       {"Show something"},
		"caller":    {"Custom floating window", "http://localhost:3000/floating-window", "phone-integration"},
		"panel":     {"Custom panel", "http://localhost:3000/panel"},
		"modal":     {"Custom modal", "http://localhost:3000/modal"},
		"json":      {"JSON panel", "http://localhost:3000/panel.json"},
		"messaging": {"Messaging: its endpoints", "messengers-integration"},
		"video":     {"Video calls: its endpoints", "video-calls"},
	} {
		path := g.fromTemplate(template)
		g.shows(g.get(path), 200, append(words, "CALLBACK_URL=http://localhost:3000/callback", "Check the callback")...)
		for _, tab := range []string{"/basic", "/oauth", "/extensions", "/publish"} {
			g.shows(g.get(path+tab), 200, "App "+template)
		}
	}
	g.shows(g.post("/developer-hub/new", "template", "toaster", "type", "private", "name", "x"), 400, "template", "toaster")
	g.shows(g.post("/developer-hub/new", "template", "panel", "type", "private", "name", "x"), 400, "callback_url")
	g.shows(g.post("/developer-hub/new", "template", "panel", "type", "public", "name", "x", "callback_url", "http://localhost:3000/cb"), 400, "callback_url", "https")
}

var extensionLink = regexp.MustCompile(`href="(/developer-hub/app/[0-9a-f]+/extensions/[0-9a-f-]{36})"`)

// spec: devhub.extensions
// spec: devhub.upload.line-and-key
func TestExtensionPages(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	path := g.fromTemplate("api")
	all := path + "/extensions"
	for _, kind := range []string{"link_action", "json_modal", "json_panel", "floating_window", "panel", "modal", "app_settings"} {
		g.shows(g.get(all+"/new?kind="+kind), 200, `name="url"`, `value="`+kind+`"`)
	}
	g.shows(g.get(all+"/new?kind=toast"), 400, "toast")
	g.done(g.post(all+"/new", "kind", "app_settings", "url", "https://app.example.com/s", "external", "1"))
	g.shows(g.post(all+"/new", "kind", "app_settings", "url", "https://app.example.com/s"), 409, "one App settings page at most")
	panel := []string{"kind", "json_panel", "name", "Parcels", "url", "http://127.0.0.1:9/p", "views", "deal-details"}
	bad := []byte("{\n\"type\": \"object\",\n\"properties\": {\n\"a\": {\"$ref\": \"#/definitions/money\"}}}")
	g.shows(g.send(all+"/new", "schema", bad, panel...), 400, "Line 4, properties.a.$ref")
	good := []byte(`{"type": "array", "items": {"type": "object", "properties": {"header": {"$ref": "#/definitions/header"}, "note": {"$ref": "#/definitions/text"}}}}`)
	g.done(g.send(all+"/new", "schema", good, append(panel, "http_user", "u", "http_password", "secret-of-the-panel", "jwt_secret", "secret-of-the-token")...))
	page := g.get(all)
	g.shows(page, 200, "Parcels", "JSON panel · Deal details", "http://127.0.0.1:9/p")
	var one string
	for _, m := range extensionLink.FindAllStringSubmatch(page.body, -1) {
		if a := g.get(m[1]); strings.Contains(a.body, "Parcels") {
			one = m[1]
			g.shows(a, 200, "#/definitions/header", "Sign with the client secret", "Call without HTTP authentication")
			g.lacks(a, "secret-of-the-panel", "secret-of-the-token")
		}
	}
	uuid := one[strings.LastIndex(one, "/")+1:]
	g.shows(g.get(all+"/new?kind=link_action"), 200, "On each object of Parcels", `value="`+uuid+`/note"`)
	g.shows(g.get(all+"/new?kind=panel"), 200, "has the panel Parcels")
	g.done(g.post(all+"/new", "kind", "link_action", "name", "Track", "url", "https://app.example.com/t", "target", uuid+"/note"))
	g.done(g.post(all+"/new", "kind", "link_action", "name", "Send", "url", "https://app.example.com/t", "views", "deal-details"))
	page = g.get(all)
	g.shows(page, 200, "at the field note")
	// Only what open_modal names has an id to copy: as the id of an iframe none is right.
	g.lacks(g.get(all), "Copy ID")
	g.done(g.post(all+"/new", "kind", "modal", "name", "Pick", "url", "https://app.example.com/m"))
	if n := strings.Count(g.get(all).body, "Copy ID"); n != 1 {
		t.Errorf("%d ids can be copied, want that of the modal alone", n)
	}
	page = g.get(one)
	main := regexp.MustCompile(`name="main_action/deal-details".*?<option value="([0-9a-f-]{36})"`).FindStringSubmatch(page.body)
	if main == nil {
		t.Fatal("the panel's page offers no main action")
	}
	g.done(g.post(one, append(panel, "main_action/deal-details", main[1])...))
	g.shows(g.get(one), 200, `value="`+main[1]+`" selected`)
	g.shows(g.post(one, append(panel, "main_action/deal-details", uuid)...), 400, "main_action")
	// Agents look and change nothing.
	g.be("2")
	g.shows(g.get(all), 200, "Parcels")
	g.lacks(g.get(all), "Add an extension", `href="`+one)
	g.shows(g.get(one), 403, "admin")
	g.be("1")
	g.done(g.post(one + "/remove"))
	g.lacks(g.get(all), "Parcels", "Track")
	g.shows(g.get(one), 404, "no extension")
}

// spec: devhub.icon
func TestIconPages(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	path := g.fromTemplate("api")
	var b bytes.Buffer
	g.ok(png.Encode(&b, image.NewGray(image.Rect(0, 0, 256, 256))))
	g.shows(g.send(path+"/icon", "icon", nil), 400, "Choose a PNG or JPG")
	g.shows(g.send(path+"/icon", "icon", []byte("<svg onload=alert(1)>")), 400, "icon", "PNG or JPG")
	g.done(g.send(path+"/icon", "icon", b.Bytes()))
	src := regexp.MustCompile(`src="(/app-icons/[^"]+)"`).FindStringSubmatch(g.get(path).body)
	if src == nil {
		t.Fatal("the page does not show the icon")
	}
	id := strings.TrimPrefix(path, "/developer-hub/app/")
	g.shows(g.get("/marketplace"), 200, src[1])
	g.newBrowser() // nobody is signed in
	a := g.get(src[1])
	if a.status != 200 || a.body != b.String() || a.header.Get("Content-Type") != "image/png" || !strings.Contains(a.header.Get("Cache-Control"), "immutable") ||
		a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %d bytes, %v", a.status, len(a.body), a.header)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.base+src[1], nil)
	g.ok(err)
	req.Header.Set("If-None-Match", a.header.Get("ETag"))
	if again := g.do(req); again.status != 304 || again.body != "" {
		t.Errorf("asked again: %d", again.status)
	}
	if old := g.get("/app-icons/" + id + "/older"); old.status != 200 || strings.Contains(old.header.Get("Cache-Control"), "immutable") {
		t.Errorf("an old address: %d %s", old.status, old.header.Get("Cache-Control"))
	}
	g.shows(g.get("/app-icons/ffff/x"), 404, "no icon")
	g.be("1")
	g.done(g.send(path+"/icon", "icon", nil, "remove", "1"))
	g.lacks(g.get(path), "/app-icons/")
}

// shot is a picture of an app at work.
func shot(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var imageAddress = regexp.MustCompile(`src="(/app-images/[^"]+)" alt="([^"]*)"`)

// Images and a video stand in the listing; their developer words, orders and
// removes them.
// spec: devhub.listing.images
func TestListingImages(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	path := g.fromTemplate("api")
	id := strings.TrimPrefix(path, "/developer-hub/app/")
	shown := func(path string) string {
		var words []string
		for _, m := range imageAddress.FindAllStringSubmatch(g.get(path).body, -1) {
			words = append(words, m[2])
		}
		return strings.Join(words, ", ")
	}
	g.shows(g.get(path+"/basic"), 200, "No images yet", "0 of 5")
	g.lacks(g.get("/marketplace/app/"+id), "At work")
	g.shows(g.send(path+"/images", "image", nil, "alt", "x"), 400, "Choose a PNG or JPG")
	g.shows(g.send(path+"/images", "image", shot(t, 640, 400)), 400, "alt", "1 to 150")
	g.shows(g.send(path+"/images", "image", []byte("<svg onload=alert(1)>"), "alt", "x"), 400, "PNG or JPG")
	g.shows(g.send(path+"/images", "image", shot(t, 640, 480), "alt", "x"), 400, "16:10")
	for i, word := range []string{"One", "Two", "Three", "Four", "Five"} {
		g.done(g.send(path+"/images", "image", shot(t, 640+160*i, 400+100*i), "alt", word))
	}
	g.lacks(g.get(path+"/basic"), "Add a PNG or JPG")
	g.shows(g.send(path+"/images", "image", shot(t, 640, 400), "alt", "Six"), 409, "at most 5")
	g.done(g.post(path+"/images/3", "up", "1"))
	g.done(g.post(path+"/images/1", "alt", `The <first> "one"`))
	g.done(g.post(path+"/images/4", "remove", "1"))
	g.shows(g.post(path+"/images/4", "remove", "1"), 404, "no image 4")
	g.shows(g.post(path+"/images/1", "alt", " "), 400, "alt")
	want := "The &lt;first&gt; &#34;one&#34;, Three, Two, Five"
	for _, at := range []string{path + "/basic", "/marketplace/app/" + id} {
		if got := shown(at); got != want {
			t.Errorf("GET %s shows %q, want %q", at, got, want)
		}
	}
	// A video stands there too, and stays when another tab is saved.
	g.shows(g.post(path+"/basic", "name", "A", "video_url", "https://video.example/1"), 400, "video_url", "YouTube")
	g.done(g.post(path+"/basic", "name", "A", "video_url", "https://youtu.be/parcels"))
	g.done(g.post(path+"/oauth", "callback_url", "http://localhost:3000/callback"))
	g.shows(g.get("/marketplace/app/"+id), 200, `href="https://youtu.be/parcels"`)
	// Everybody is shown the bytes; agents change nothing.
	src := imageAddress.FindStringSubmatch(g.get(path + "/basic").body)[1]
	g.be("2")
	g.shows(g.post(path+"/images/1", "alt", "x"), 403, "admin")
	g.newBrowser()
	a := g.get(src)
	if a.status != 200 || a.body != string(shot(t, 640, 400)) || a.header.Get("Content-Type") != "image/png" || !strings.Contains(a.header.Get("Cache-Control"), "immutable") ||
		a.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %d bytes, %v", a.status, len(a.body), a.header)
	}
	g.shows(g.get("/app-images/"+id+"/other"), 404, "no such image")
}

// complete fills in what the review asks for.
func (g *gatePages) complete(path, name string) {
	g.t.Helper()
	var b bytes.Buffer
	g.ok(png.Encode(&b, image.NewGray(image.Rect(0, 0, 256, 256))))
	g.done(g.send(path+"/icon", "icon", b.Bytes()))
	g.done(g.send(path+"/images", "image", shot(g.t, 640, 400), "alt", "A parcel"))
	g.done(g.post(path+"/basic", "name", name, "summary", "Ships", "description", "Ships parcels.", "category", "Other",
		"support_url", "https://app.example.com/help", "legal_url", "https://app.example.com/terms", "contact_email", "help@example.com"))
}

// spec: devhub.review
// spec: devhub.pending
// spec: host.operator
func TestReviewOfPublicApp(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	a := g.post("/developer-hub/new", "template", "panel", "type", "public", "name", "Parcels", "callback_url", "https://app.example.com/cb")
	g.done(a)
	path, id := a.location, strings.TrimPrefix(a.location, "/developer-hub/app/")
	g.shows(g.get(path+"/publish"), 200, "the app needs", "a summary", "an icon", "an image", "disabled")
	g.shows(g.post(path+"/submit"), 400, "summary")
	g.shows(g.post(path+"/live"), 409, "reviewed before it goes live")
	g.complete(path, "Parcels")
	g.done(g.post(path + "/submit"))
	g.shows(g.get(path), 200, "In review")
	g.shows(g.post(path+"/basic", "name", "Other"), 409, "being reviewed")
	g.shows(g.get("/developer-hub"), 200, "App reviews", ">1<")
	g.shows(g.get("/developer-hub/reviews"), 200, "Parcels", "new app", "https://app.example.com/panel", "help@example.com")
	review := "/developer-hub/reviews/" + id
	g.shows(g.post(review, "decision", "perhaps"), 400, "decision")
	g.shows(g.post(review, "decision", "reject"), 400, "note")
	g.done(g.post(review, "decision", "reject", "note", "The icon is <b>grey</b>."))
	g.shows(g.get(path+"/publish"), 200, "The icon is &lt;b&gt;grey&lt;/b&gt;.")
	g.done(g.post(path + "/submit"))
	g.done(g.post(review, "decision", "approve"))
	g.shows(g.get("/developer-hub/reviews"), 200, "Nothing waits")
	g.done(g.post(path + "/live"))
	g.shows(g.get(path+"/publish"), 200, "Unpublish", "/marketplace/app/"+id)

	// A changed address waits, a changed summary does not.
	g.done(g.post(path+"/oauth", "callback_url", "https://app.example.com/cb2", "scopes", "deals:read", "scopes", "contacts:read"))
	g.shows(g.get(path+"/publish"), 200, "Pending changes", "https://app.example.com/cb2", "https://app.example.com/cb<")
	g.shows(g.get(path+"/oauth"), 200, `value="https://app.example.com/cb2"`, "changes that are not live")
	g.done(g.post(path + "/submit"))
	g.shows(g.get("/developer-hub/reviews"), 200, "changes", "https://app.example.com/cb2")
	g.done(g.post(path + "/withdraw"))
	g.done(g.post(path + "/submit"))
	g.done(g.post(review, "decision", "approve"))
	g.shows(g.post(review, "decision", "approve"), 409, "Nothing of this app is in review")
	g.done(g.post(path + "/merge"))
	g.lacks(g.get(path+"/publish"), "Pending changes")
	g.shows(g.get(path), 200, "CALLBACK_URL=https://app.example.com/cb2")
	g.done(g.post(path+"/oauth", "callback_url", "https://app.example.com/cb3"))
	g.done(g.post(path + "/discard"))
	g.lacks(g.get(path+"/oauth"), "cb3")
	g.done(g.post(path + "/unpublish"))

	g.be("2")
	g.shows(g.get("/developer-hub/reviews"), 403, "admin")
	g.lacks(g.get("/developer-hub"), "App reviews")
}

// Admins of other companies do not run the host.
// spec: host.operator
func TestOnlyTheOperatorReviews(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, false)
	token, err := g.account.SetupToken(t.Context())
	g.ok(err)
	const pw = "correct horse battery"
	g.done(g.post("/setup", "token", token, "company", "First", "name", "Ann", "email", "ann@example.com", "password", pw))
	g.shows(g.get("/developer-hub/reviews"), 200, "Nothing waits")
	c, err := g.account.CreateCompany(t.Context(), account.NewCompany{Name: "Second"})
	g.ok(err)
	_, err = g.account.CreateUser(t.Context(), c.ID, account.NewUser{Name: "Ben", Email: "ben@example.com", Password: pw, Admin: true})
	g.ok(err)
	g.newBrowser()
	g.done(g.post("/login", "email", "ben@example.com", "password", pw, "next", "/"))
	g.shows(g.get("/developer-hub/reviews"), 403, "first company")
	g.shows(g.post("/developer-hub/reviews/ffff", "decision", "approve"), 403, "first company")
	g.lacks(g.get("/developer-hub"), "App reviews")
}

// spec: devhub.delete
func TestDeletePage(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	path := g.fromTemplate("api")
	g.shows(g.post(path+"/delete", "confirm_name", "app api"), 400, "confirm_name", "App api")
	if a := g.post(path+"/delete", "confirm_name", "App api"); a.location != "/developer-hub" {
		t.Fatalf("deleting got %d: %s", a.status, a.body)
	}
	g.shows(g.get(path), 404, "client id")
	g.lacks(g.get("/developer-hub"), path)
}

// spec: marketplace.categories
// spec: marketplace.interactive
// spec: marketplace.details
func TestMarketplaceFilters(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	g.fromTemplate("api")
	path := g.fromTemplate("caller")
	g.fromTemplate("messaging")
	g.done(g.post(path+"/basic", "name", "Ringo", "summary", "Rings people", "description", "Dials with a click.", "category", "Phone calls"))
	finds := func(query string, want ...string) {
		t.Helper()
		body := g.get("/marketplace" + query).body
		for _, name := range []string{"Ringo", "App api", "App messaging"} {
			if is, should := strings.Contains(body, ">"+name+"</a>"), strings.Contains(strings.Join(want, ","), name); is != should {
				t.Errorf("%s: %s is shown: %v", query, name, is)
			}
		}
	}
	finds("", "Ringo", "App api", "App messaging")
	finds("?q=CLICK+rings", "Ringo")
	finds("?q=nordwind", "Ringo", "App api", "App messaging")
	finds("?category=Phone+calls", "Ringo")
	finds("?feature=any", "Ringo", "App messaging")
	finds("?feature=floating_window", "Ringo")
	finds("?feature=messaging&category=Messaging", "App messaging")
	finds("?show=installed")
	finds("?q=nothing+like+this")
	g.shows(g.get("/marketplace?q=nothing+like+this"), 200, "No app fits")
	g.shows(g.get("/marketplace"), 200, "Interactive features", "feature=floating_window")
	page := g.get("/marketplace/app/" + strings.TrimPrefix(path, "/developer-hub/app/"))
	g.shows(page, 200, "Interactive features", "Custom floating window", "Calls people from the CRM.", "App Dock", "Phone numbers and the Calls tab",
		"Dials with a click.", "Phone calls", "Developer", "It can add calls")
}

// spec: marketplace.reauthorize
func TestMarketplaceReauthorize(t *testing.T) {
	t.Parallel()
	g := newGatePages(t, true)
	g.be("1")
	const callback = "http://127.0.0.1:9/callback"
	id := g.register("callback_url", callback)
	path := "/marketplace/app/" + id
	g.done(g.post("/oauth/authorize", "client_id", id, "redirect_uri", callback, "decision", "allow"))
	g.lacks(g.get(path), "Re-authorize")
	g.done(g.post("/developer-hub/app/"+id+"/oauth", "callback_url", callback, "scopes", "messengers-integration", "scopes", "contacts:full", "scopes", "deals:full"))
	g.shows(g.get(path), 200, "Re-authorize", "Authorize this app again")
	g.shows(g.get("/marketplace"), 200, "Re-authorize")
	g.done(g.post("/oauth/authorize", "client_id", id, "redirect_uri", callback, "decision", "allow"))
	g.lacks(g.get(path), "Re-authorize")
}
