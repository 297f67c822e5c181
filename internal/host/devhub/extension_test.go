package devhub_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/account"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/host/route"
	"github.com/dockwright/dockwright/internal/live"
	"github.com/dockwright/dockwright/internal/store"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

const panelSchema = `{"type": "array", "items": {"type": "object", "required": ["id", "header"], "properties": {
	"id": {"$ref": "#/definitions/numerical"},
	"header": {"$ref": "#/definitions/header"},
	"stage": {"$ref": "#/definitions/label", "label": "Stage"},
	"total": {"$ref": "#/definitions/currency"},
	"due": {"$ref": "#/definitions/date"},
	"notes": {"$ref": "#/definitions/text"}}}}`

const modalSchema = `{
  "type": "object",
  "properties": {
    "blocks": {"type": "object", "properties": {
      "intro": {"$ref": "#/definitions/element-text", "options": {"markdown": true, "value": "# Book"}},
      "carrier": {"$ref": "#/definitions/element-select", "options": {"label": "Carrier", "fetchOnChange": true, "items": [{"label": "Air", "value": "air"}]}},
      "line": {"$ref": "#/definitions/element-separator"},
      "notes": {"$ref": "#/definitions/element-textarea", "options": {"label": "Notes", "visibleOn": {"carrier": {"equals": "air"}}}},
      "ref": {"$ref": "#/definitions/element-input", "options": {"label": "Ref", "value": "D-73", "visibleOn": "never"}}
    }},
    "actions": {"type": "object", "properties": {
      "stop": {"$ref": "#/definitions/action-secondary", "options": {"label": "Cancel", "handler": "cancel"}},
      "send": {"$ref": "#/definitions/action-primary", "options": {"label": "Book", "handler": "request"}}
    }}
  }
}`

// hub is a room with one private app.
type hub struct {
	*devhub.Service
	t  *testing.T
	db *store.DB
	id string
}

func newApp(t *testing.T, db *store.DB, public bool) hub {
	t.Helper()
	h := hub{Service: newHub(t, db), t: t, db: db}
	a, err := h.Create(t.Context(), admin, public, devhub.Registration{Name: "Shipping", CallbackURL: "https://app.example.com/cb"})
	if err != nil {
		t.Fatal(err)
	}
	h.id = a.ClientID
	return h
}

func (h hub) add(n devhub.NewExtension) (devhub.Extension, error) {
	h.t.Helper()
	if n.Name == "" {
		n.Name = "Shipments"
	}
	if n.URL == "" {
		n.URL = "https://app.example.com/x"
	}
	return h.SaveExtension(h.t.Context(), admin, h.id, "", n)
}

func (h hub) must(n devhub.NewExtension) devhub.Extension {
	h.t.Helper()
	e, err := h.add(n)
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// live are the extensions that people see.
func (h hub) live() []devhub.Extension {
	h.t.Helper()
	var all []devhub.Extension
	err := h.db.Company(2).View(h.t.Context(), func(tx *store.Tx) (err error) {
		all, err = h.Extensions(tx, h.id)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// spec: devhub.extensions
// spec: devhub.extensions.jwt-secret
func TestExtensions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func(...store.Migrations) *store.DB) {
		h := newApp(t, open(live.Migrations, account.Migrations, devhub.Migrations), false)
		link := h.must(devhub.NewExtension{Kind: devhub.LinkAction, Name: " Track ", Views: []devhub.View{devhub.PeopleList, devhub.DealDetails}})
		panel := h.must(devhub.NewExtension{
			Kind: devhub.JSONPanel, Views: []devhub.View{devhub.DealDetails}, Schema: panelSchema, JWTSecret: "jot", HTTPUser: "host", HTTPPass: "a:b",
			MainActions: map[devhub.View]string{devhub.DealDetails: link.UUID},
		})
		h.must(devhub.NewExtension{Kind: devhub.FloatingWindow, Name: "Phone", Description: "Calls", CallEntry: true})
		h.must(devhub.NewExtension{Kind: devhub.LinkAction, Name: "In the panel", Panel: panel.UUID})
		all := h.live()
		if len(all) != 4 || all[0].Name != "Track" || all[0].Views[0] != devhub.DealDetails || all[1].UUID != panel.UUID || all[1].Schema != panelSchema ||
			all[1].MainActions[devhub.DealDetails] != link.UUID || !all[2].CallEntry || all[2].ClientID != h.id {
			t.Fatalf("%+v", all)
		}
		var at, menus []devhub.Extension
		var of map[string][]devhub.Extension
		err := h.db.Company(2).View(t.Context(), func(tx *store.Tx) (err error) {
			if at, err = h.ExtensionsAt(tx, devhub.DealDetails, []string{"nobody", h.id, "a\x00"}); err != nil {
				return err
			}
			if menus, err = h.ExtensionsAt(tx, devhub.PeopleList, []string{h.id}); err != nil {
				return err
			}
			of, err = h.ExtensionsOf(tx, []string{h.id})
			return err
		})
		if err != nil || len(at) != 3 || len(menus) != 1 || len(of[h.id]) != 4 || of[h.id][1].Schema != "" {
			t.Errorf("%v, %d at deals, %d at people, %+v", err, len(at), len(menus), of)
		}
		sec, err := h.ExtensionSecrets(t.Context(), all[1])
		if err != nil || sec != (devhub.ExtensionSecrets{JWT: "jot", HTTPUser: "host", HTTPPass: "a:b"}) {
			t.Errorf("%+v, %v", sec, err)
		}
		client, err := h.Secret(t.Context(), h.id)
		if sec, err2 := h.ExtensionSecrets(t.Context(), all[0]); err != nil || err2 != nil || sec.JWT != client {
			t.Errorf("%+v, %v, %v", sec, err, err2)
		}
		// A change keeps what was not entered again.
		changed, err := h.SaveExtension(t.Context(), admin, h.id, panel.UUID, devhub.NewExtension{
			Kind: devhub.JSONPanel, Name: "Parcels", URL: "http://127.0.0.1:9/p?x=1", Views: []devhub.View{devhub.PersonDetails}, ForgetAuth: true,
		})
		if err != nil || changed.Schema != panelSchema || !changed.HasJWTSecret || changed.HasHTTPAuth || changed.ID != all[1].ID {
			t.Errorf("%+v, %v", changed, err)
		}
		_, err = h.SaveExtension(t.Context(), admin, h.id, panel.UUID, devhub.NewExtension{Kind: devhub.LinkAction, Name: "x", URL: "https://a.example", Views: []devhub.View{devhub.DealsList}})
		refused(t, "another type", err, fault.Invalid, "kind")
		refused(t, "removing as an agent", h.RemoveExtension(t.Context(), agent, h.id, panel.UUID), fault.Forbidden, "")
		refused(t, "removing as a stranger", h.RemoveExtension(t.Context(), route.Caller{Company: 2, User: 1, Admin: true}, h.id, panel.UUID), fault.NotFound, "client_id")
		if err := h.RemoveExtension(t.Context(), admin, h.id, panel.UUID); err != nil {
			t.Fatal(err)
		}
		refused(t, "removing twice", h.RemoveExtension(t.Context(), admin, h.id, panel.UUID), fault.NotFound, "")
		if all := h.live(); len(all) != 2 {
			t.Errorf("%d are left", len(all))
		}
	})
}

// spec: devhub.extensions
func TestBadExtensions(t *testing.T) {
	t.Parallel()
	h := newApp(t, storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations), true)
	deal := []devhub.View{devhub.DealDetails}
	for name, c := range map[string]struct {
		n     devhub.NewExtension
		field string
	}{
		"unknown type":            {devhub.NewExtension{Kind: "banner"}, "kind"},
		"long name":               {devhub.NewExtension{Kind: devhub.LinkAction, Name: strings.Repeat("é", 31), Views: deal}, "name"},
		"no name":                 {devhub.NewExtension{Kind: devhub.LinkAction, Name: " ", Views: deal}, "name"},
		"long description":        {devhub.NewExtension{Kind: devhub.LinkAction, Description: strings.Repeat("é", 151), Views: deal}, "description"},
		"window undescribed":      {devhub.NewExtension{Kind: devhub.FloatingWindow}, "description"},
		"no location":             {devhub.NewExtension{Kind: devhub.CustomPanel}, "views"},
		"a panel in a list":       {devhub.NewExtension{Kind: devhub.CustomPanel, Views: []devhub.View{devhub.DealsList}}, "views"},
		"an unknown view":         {devhub.NewExtension{Kind: devhub.LinkAction, Views: []devhub.View{"products-list"}}, "views"},
		"http of a public app":    {devhub.NewExtension{Kind: devhub.CustomPanel, Views: deal, URL: "http://127.0.0.1/p"}, "url"},
		"script":                  {devhub.NewExtension{Kind: devhub.CustomPanel, Views: deal, URL: "javascript:alert(1)"}, "url"},
		"no schema":               {devhub.NewExtension{Kind: devhub.JSONModal, Views: deal}, "schema"},
		"a user without password": {devhub.NewExtension{Kind: devhub.JSONPanel, Views: deal, Schema: panelSchema, HTTPUser: "u"}, "http_password"},
		"a colon":                 {devhub.NewExtension{Kind: devhub.JSONPanel, Views: deal, Schema: panelSchema, HTTPUser: "u:v", HTTPPass: "p"}, "http_user"},
		"Basic for an iframe":     {devhub.NewExtension{Kind: devhub.CustomPanel, Views: deal, HTTPUser: "u", HTTPPass: "p"}, "http_user"},
		"a foreign panel":         {devhub.NewExtension{Kind: devhub.LinkAction, Panel: "x"}, "panel"},
		"a foreign main action":   {devhub.NewExtension{Kind: devhub.JSONPanel, Views: deal, Schema: panelSchema, MainActions: map[devhub.View]string{devhub.DealDetails: "x"}}, "main_action"},
	} {
		_, err := h.add(c.n)
		refused(t, name, err, fault.Invalid, c.field)
	}
	if all := h.live(); len(all) != 0 {
		t.Errorf("%d were kept", len(all))
	}
}

// spec: devhub.extensions.limits
func TestExtensionLimits(t *testing.T) {
	t.Parallel()
	h := newApp(t, storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations), false)
	deal := []devhub.View{devhub.DealDetails}
	window := devhub.NewExtension{Kind: devhub.FloatingWindow, Description: "Calls"}
	h.must(window)
	_, err := h.add(window)
	refused(t, "a second window", err, fault.Conflict, "kind")
	panel := h.must(devhub.NewExtension{Kind: devhub.JSONPanel, Views: deal, Schema: panelSchema})
	_, err = h.add(devhub.NewExtension{Kind: devhub.CustomPanel, Views: []devhub.View{devhub.PersonDetails, devhub.DealDetails}})
	refused(t, "a second panel at deals", err, fault.Conflict, "views")
	h.must(devhub.NewExtension{Kind: devhub.CustomPanel, Views: []devhub.View{devhub.PersonDetails}})
	h.must(devhub.NewExtension{Kind: devhub.LinkAction, Views: deal})
	h.must(devhub.NewExtension{Kind: devhub.JSONModal, Views: deal, Schema: modalSchema})
	modal := h.must(devhub.NewExtension{Kind: devhub.CustomModal, Views: deal})
	_, err = h.add(devhub.NewExtension{Kind: devhub.CustomModal, Views: deal})
	refused(t, "a fourth at deals", err, fault.Conflict, "views")
	h.must(devhub.NewExtension{Kind: devhub.CustomModal}) // the SDK opens it
	if _, err := h.SaveExtension(t.Context(), admin, h.id, modal.UUID, devhub.NewExtension{Kind: devhub.CustomModal, Name: "Same", URL: "https://a.example", Views: deal}); err != nil {
		t.Errorf("an extension stands in its own way: %v", err)
	}
	action := func(field string) error {
		_, err := h.add(devhub.NewExtension{Kind: devhub.LinkAction, Panel: panel.UUID, Field: field, Views: deal})
		return err
	}
	for i := range 3 {
		if err := action(""); err != nil {
			t.Fatalf("object action %d: %v", i, err)
		}
	}
	refused(t, "a fourth object action", action(""), fault.Conflict, "panel")
	refused(t, "a field that is not there", action("colour"), fault.Invalid, "field")
	for _, f := range []string{"stage", "total", "due"} {
		if err := action(f); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, "two on a field", action("stage"), fault.Conflict, "field")
	refused(t, "a fourth field", action("notes"), fault.Conflict, "field")
	// Removing the panel removes what stood in it.
	before := len(h.live())
	if err := h.RemoveExtension(t.Context(), admin, h.id, panel.UUID); err != nil || before-len(h.live()) != 7 {
		t.Errorf("%v, %d of %d are left", err, len(h.live()), before)
	}
}

// spec: devhub.extensions-shared
func TestAccess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sharedApp, installed, shared bool
		kind                         devhub.Kind
		want                         devhub.Access
	}{
		{false, true, false, devhub.FloatingWindow, devhub.AccessUse},
		{false, false, false, devhub.LinkAction, devhub.AccessNone},
		{false, false, true, devhub.LinkAction, devhub.AccessAuthorize},
		{true, false, true, devhub.LinkAction, devhub.AccessUse},
		{true, false, true, devhub.JSONPanel, devhub.AccessLook},
		{true, false, true, devhub.JSONModal, devhub.AccessAuthorize},
		{true, false, false, devhub.JSONPanel, devhub.AccessNone},
	} {
		if got := (devhub.App{ExtensionsShared: c.sharedApp}).Access(c.kind, c.installed, c.shared); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
}

// Every refusal names the line and the key.
// spec: devhub.upload.line-and-key
// spec: devhub.json-panel.schema
// spec: devhub.json-modal.schema
func TestSchemaUploads(t *testing.T) {
	t.Parallel()
	h := newApp(t, storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations), false)
	fields := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `, "f%d": {"$ref": "#/definitions/text"}`, i)
		}
		return b.String()
	}
	object := func(properties string) string { return `{"type": "object", "properties": {` + properties + `}}` }
	cut := func(old, new string) string { return strings.Replace(modalSchema, old, new, 1) }
	for _, c := range []struct {
		name   string
		kind   devhub.Kind
		schema string
		words  []string
	}{
		{"not JSON", devhub.JSONPanel, "{\n\"type\": object}", []string{"Line 2", "JSON"}},
		{"quotes of another kind", devhub.JSONPanel, "{\n'type': 1}", []string{"Line 2", "JSON"}},
		{"a line break in a text", devhub.JSONPanel, "{\"type\":\n\"obj\nect\"}", []string{"Line 2", "JSON"}},
		{"cut off", devhub.JSONPanel, "{\n\n\"type\": \"object\",", []string{"Line 3", "ends before"}},
		{"two documents", devhub.JSONPanel, "{}\n{}", []string{"Line 2"}},
		{"a list", devhub.JSONPanel, "[]", []string{"Line 1", "the root", "object"}},
		{"no type", devhub.JSONPanel, `{"properties": {}}`, []string{"Line 1", `"type"`, "missing"}},
		{"another type", devhub.JSONPanel, "{\n\"type\": \"table\"}", []string{"Line 2, type", `"object", "array"`, `"table"`}},
		{"no fields", devhub.JSONPanel, object(""), []string{"properties", "at least 1 key"}},
		{"an unknown definition", devhub.JSONPanel, "{\"type\": \"object\", \"properties\": {\n\n\"a\": {\n\"$ref\": \"#/definitions/money\"}}}", []string{"Line 4, properties.a.$ref", "#/definitions/currency", "#/definitions/money"}},
		{"a misspelt key", devhub.JSONPanel, object("\n\"a\": {\"$ref\": \"#/definitions/text\",\n\"Label\": \"A\"}"), []string{"Line 3, properties.a.Label", "letter case"}},
		{"a key twice", devhub.JSONPanel, object("\"a\": {\"$ref\": \"#/definitions/text\"},\n\"a\": {\"$ref\": \"#/definitions/text\"}"), []string{"Line 2, properties.a", "second time"}},
		{"no header in a list", devhub.JSONPanel, `{"type": "array", "items": ` + object(`"a": {"$ref": "#/definitions/text"}`) + `}`, []string{"items.properties", `"header"`}},
		{"21 fields", devhub.JSONPanel, object(`"header": {"$ref": "#/definitions/header"}` + fields(21)), []string{"properties", "at most 20", "21"}},
		{"required that is not there", devhub.JSONPanel, `{"type": "object", "required": ["a", "b"], "properties": {"a": {"$ref": "#/definitions/text"}}}`, []string{"required.1", `"b"`}},
		{"too deep", devhub.JSONPanel, strings.Repeat(`{"a":`, 40), []string{"at most 32 levels"}},
		{"invalid UTF-8", devhub.JSONPanel, "{\n\"\xff\": 1}", []string{"Line 2", "UTF-8"}},
		{"no actions", devhub.JSONModal, cut(`"actions"`, `"buttons"`), []string{"properties", `"actions"`}},
		{"no label", devhub.JSONModal, cut(`"label": "Carrier", `, ""), []string{"Line 6, properties.blocks.properties.carrier.options", `"label"`}},
		{"an unknown block", devhub.JSONModal, cut("element-textarea", "element-area"), []string{"Line 8, properties.blocks.properties.notes.$ref", "element-area"}},
		{"an unknown option", devhub.JSONModal, cut(`"fetchOnChange"`, `"fetch"`), []string{"Line 6, properties.blocks.properties.carrier.options.fetch"}},
		{"a rule about nothing", devhub.JSONModal, cut(`{"carrier": {"equals"`, `{"courier": {"equals"`), []string{"Line 8", "visibleOn.courier", "key of a block"}},
		{"a rule that is none", devhub.JSONModal, cut(`{"equals": "air"}`, `"filled"`), []string{"Line 8", "visibleOn.carrier", "not_empty", "filled"}},
		{"an option of a separator", devhub.JSONModal, cut(`element-separator"`, `element-separator", "options": {"label": "x"}`), []string{"Line 7", "line.options"}},
		{"a foreign handler", devhub.JSONModal, cut(`"request"`, `"cancel"`), []string{"Line 13", "send.options.handler", `"request", "open-url"`}},
	} {
		_, err := h.add(devhub.NewExtension{Kind: c.kind, Views: []devhub.View{devhub.DealDetails}, Schema: c.schema})
		refused(t, c.name, err, fault.Invalid, "schema")
		for _, w := range c.words {
			if err != nil && !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", c.name, err, w)
			}
		}
	}
	for name, schema := range map[string]string{
		"20 fields": object(`"header": {"$ref": "#/definitions/header"}` + fields(20)), "array": panelSchema, "with a mark": "\xef\xbb\xbf" + panelSchema,
	} {
		e, err := h.add(devhub.NewExtension{Kind: devhub.JSONPanel, Views: []devhub.View{devhub.DealDetails}, Schema: schema})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := h.RemoveExtension(t.Context(), admin, h.id, e.UUID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.add(devhub.NewExtension{Kind: devhub.JSONModal, Views: []devhub.View{devhub.DealDetails}, Schema: modalSchema}); err != nil {
		t.Error(err)
	}
	_, err := h.add(devhub.NewExtension{Kind: devhub.JSONModal, Views: []devhub.View{devhub.DealDetails}, Schema: strings.Repeat(" ", 1<<20+1)})
	refused(t, "only spaces", err, fault.Invalid, "schema")
	_, err = h.add(devhub.NewExtension{Kind: devhub.JSONModal, Views: []devhub.View{devhub.DealDetails}, Schema: "{" + strings.Repeat(" ", 1<<20) + "}"})
	refused(t, "too large", err, fault.TooLarge, "schema")
}

// Pages that are open when a developer saves an extension hear of it, in the
// company that owns the app.
// spec: devhub.changes-live
func TestOpenPagesHearOfExtensions(t *testing.T) {
	t.Parallel()
	h := newApp(t, storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations), false)
	if _, err := h.SaveExtension(t.Context(), admin, h.id, "", devhub.NewExtension{
		Kind: devhub.CustomPanel, Name: "Orders", URL: "https://app.example.com/panel", Views: []devhub.View{devhub.DealDetails},
	}); err != nil {
		t.Fatal(err)
	}
	for company, want := range map[int64]bool{1: true, 2: false} {
		var heard bool
		if err := h.db.Company(company).View(t.Context(), func(tx *store.Tx) error {
			events, err := live.Since(tx, 0, 100)
			for _, e := range events {
				heard = heard || e.Kind == "app.changed" && len(e.Topics) == 1 && e.Topics[0] == "marketplace"
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if heard != want {
			t.Errorf("company %d heard: %v, want %v", company, heard, want)
		}
	}
}

// The address of an iframe may have a fragment, by which apps of one page find
// their way; that of a link may not.
// spec: devhub.extensions.fragment
func TestAddressesOfIframesHaveFragments(t *testing.T) {
	t.Parallel()
	h := newApp(t, storetest.SQLite(t, live.Migrations, account.Migrations, devhub.Migrations), false)
	save := func(kind devhub.Kind, url string) error {
		_, err := h.SaveExtension(t.Context(), admin, h.id, "", devhub.NewExtension{Kind: kind, Name: "Orders", URL: url, Views: []devhub.View{devhub.DealDetails}})
		return err
	}
	if err := save(devhub.CustomPanel, "https://app.example.com/#/panel?tab=1"); err != nil {
		t.Error(err)
	}
	for kind, url := range map[devhub.Kind]string{devhub.CustomModal: "#/panel", devhub.LinkAction: "https://app.example.com/#/link"} {
		refused(t, url, save(kind, url), fault.Invalid, "url")
	}
}
