package devhub

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/fault"
)

// Kind is a type of app extension.
type Kind string

// The types. Messaging and video calls are manifests of the app itself.
const (
	LinkAction     Kind = "link_action"
	JSONModal      Kind = "json_modal"
	JSONPanel      Kind = "json_panel"
	FloatingWindow Kind = "floating_window"
	CustomPanel    Kind = "panel"
	CustomModal    Kind = "modal"
	AppSettings    Kind = "app_settings"
)

// View is a place in the CRM where extensions of an app can appear.
type View string

// The seven views.
const (
	ActivitiesList      View = "activities-list"
	DealDetails         View = "deal-details"
	DealsList           View = "deals-list"
	PersonDetails       View = "person-details"
	PeopleList          View = "people-list"
	OrganizationDetails View = "organization-details"
	OrganizationsList   View = "organizations-list"
)

// viewWords are what a view is called in the Developer Hub, and in the query
// parameters resource and view of calls to apps.
var viewWords = []struct {
	view                  View
	label, resource, kind string
}{
	{ActivitiesList, "Activities list", "activity", "list"},
	{DealDetails, "Deal details", "deal", "details"},
	{DealsList, "Deals list", "deal", "list"},
	{PersonDetails, "Person details", "person", "details"},
	{PeopleList, "People list", "person", "list"},
	{OrganizationDetails, "Organization details", "organization", "details"},
	{OrganizationsList, "Organizations list", "organization", "list"},
}

// Label is the view's name in the Developer Hub: "Deal details".
func (v View) Label() string {
	for _, w := range viewWords {
		if w.view == v {
			return w.label
		}
	}
	return string(v)
}

// Resource is the query parameter resource of calls from this view: deal,
// person, organization or activity.
func (v View) Resource() string {
	for _, w := range viewWords {
		if w.view == v {
			return w.resource
		}
	}
	return ""
}

// IsDetails reports whether the view is that of one record.
func (v View) IsDetails() bool { return strings.HasSuffix(string(v), "-details") }

// DetailsView is the view of one record of a resource: deal, person or
// organization.
func DetailsView(resource string) (View, bool) { return viewBy(resource, "details") }

// ListView is the view of a list of a resource, activity included.
func ListView(resource string) (View, bool) { return viewBy(resource, "list") }

func viewBy(resource, kind string) (View, bool) {
	for _, w := range viewWords {
		if w.resource == resource && w.kind == kind {
			return w.view, true
		}
	}
	return "", false
}

// Limits of the platform. Lengths are in characters.
const (
	MaxExtensionName        = 30
	MaxExtensionDescription = 150
	maxPerView              = 3 // link actions, JSON modals and custom modals together, so 21 in the seven views
	maxObjectActions        = 3 // of a JSON panel
	maxActionFields         = 3 // of a JSON panel, one action each
)

// KindInfo says what a type of extension is and what its form asks for.
type KindInfo struct {
	Kind        Kind
	Label       string // "Custom floating window"
	Text        string // what it is, for developers
	Shows       string // what people see of it
	Icon        string
	Views       []View // where it can appear, none if not in views
	MinViews    int
	Schema      string // the heading of its JSON upload, "" without one
	HTTPAuth    bool   // the call may carry a user name and a password
	Once        bool   // an app has one
	Described   bool   // a description is required
	Framed      bool   // its URL is shown in an iframe
	Nameless    bool
	CallEntry   bool // phone numbers may open it
	PanelAction bool // can be attached to a JSON panel
}

var allViews = []View{ActivitiesList, DealDetails, DealsList, PersonDetails, PeopleList, OrganizationDetails, OrganizationsList}

var detailViews = []View{DealDetails, PersonDetails, OrganizationDetails}

var kinds = []KindInfo{
	{Kind: FloatingWindow, Label: "Custom floating window", Text: "An iframe in a window that stays while people move through the CRM, such as a softphone.", Shows: "A window that stays with you wherever you go in the CRM.", Icon: "phone", Once: true, Described: true, Framed: true, CallEntry: true},
	{Kind: CustomPanel, Label: "Custom panel", Text: "An iframe in the sidebar of a deal, person or organization.", Shows: "A panel in the sidebar of records.", Icon: "dock", Views: detailViews, MinViews: 1, Framed: true},
	{Kind: CustomModal, Label: "Custom modal", Text: "An iframe that opens above the page, from an actions menu or from another extension.", Shows: "A window that opens above the page.", Icon: "image", Views: allViews, Framed: true},
	{Kind: JSONPanel, Label: "JSON panel", Text: "A panel in the sidebar that the CRM draws from your endpoint's data.", Shows: "A panel with the app's data in the sidebar of records.", Icon: "note", Views: detailViews, MinViews: 1, Schema: "JSON data structure", HTTPAuth: true},
	{Kind: JSONModal, Label: "JSON modal", Text: "A form that the CRM draws from a schema and sends to your endpoint.", Shows: "A form that you fill in without leaving the page.", Icon: "file", Views: allViews, MinViews: 1, Schema: "JSON schema", PanelAction: true},
	{Kind: LinkAction, Label: "Link action", Text: "An entry in the actions menus that opens a page of yours.", Shows: "An action that takes you to the app.", Icon: "external", Views: allViews, MinViews: 1, PanelAction: true},
	{Kind: AppSettings, Label: "App settings page", Text: "Where people set the app up: an iframe in the CRM's settings, or a page of yours.", Shows: "A page where you set the app up.", Icon: "tools", Once: true, Framed: true, Nameless: true},
}

// Kinds lists every type of extension in the order of the pages.
func Kinds() []KindInfo { return slices.Clone(kinds) }

// Info says what the kind is; ok is false for a kind that does not exist.
func (k Kind) Info() (info KindInfo, ok bool) {
	i := slices.IndexFunc(kinds, func(i KindInfo) bool { return i.Kind == k })
	if i < 0 {
		return KindInfo{}, false
	}
	return kinds[i], true
}

// InMenu reports whether the kind is an entry of actions menus, which have room
// for three of an app.
func (k Kind) InMenu() bool { return k == LinkAction || k == JSONModal || k == CustomModal }

// InSidebar reports whether the kind is a panel, of which an app has one in each
// details view.
func (k Kind) InSidebar() bool { return k == JSONPanel || k == CustomPanel }

// Extension is one thing that an app adds to the pages of the CRM, without its
// secrets; see [Service.ExtensionSecrets].
type Extension struct {
	Company int64 // that owns the app
	ID      int64
	UUID    string // for the outside: action ids of the SDK, addresses. A changed version keeps it
	AppID   int64
	// ClientID is set by [Service.ExtensionsAt] and [Service.ExtensionsOf], which
	// read those of several apps.
	ClientID    string
	Kind        Kind
	Name        string
	Description string
	// URL is the iframe's, the endpoint's or the link's address. It may have a
	// query of its own.
	URL string
	// Views are where it appears, in the order of the seven. A custom modal
	// without any is opened through the SDK only.
	Views []View
	// CallEntry is whether phone numbers and the Calls tab open a floating window
	// too, beside the App Dock.
	CallEntry bool
	// External is whether the app settings page opens in a tab of its own instead
	// of an iframe.
	External bool
	// Panel is the UUID of the JSON panel on whose objects this link action or
	// JSON modal stands instead of in menus, "" if on none; Field narrows it to
	// one field of each object.
	Panel, Field string
	// MainActions are, of a JSON panel, the UUIDs of the actions that its button
	// runs in each view; the newest where none is chosen.
	MainActions map[View]string
	// Schema is the uploaded JSON as it came. Lists leave it out.
	Schema string
	// HasJWTSecret and HasHTTPAuth are whether the extension has its own; without
	// the first, the app's client secret signs.
	HasJWTSecret, HasHTTPAuth bool
	Position                  int64
	CreatedAt, UpdatedAt      time.Time

	jwtSealed, authSealed string
}

// Info is what the extension's kind is.
func (e Extension) Info() KindInfo {
	i, _ := e.Kind.Info()
	return i
}

// Title is the extension's name; a settings page has none of its own.
func (e Extension) Title() string {
	if e.Name == "" {
		return e.Info().Label
	}
	return e.Name
}

// ByAction reports whether other extensions open it by its id. Apps that take the
// id of another kind for that of their iframe do not initialise.
func (e Extension) ByAction() bool { return e.Kind == CustomModal || e.Kind == JSONModal }

// In reports whether the extension appears in a view.
func (e Extension) In(v View) bool { return slices.Contains(e.Views, v) }

// Where is where people find it, in words.
func (e Extension) Where() []string {
	var out []string
	for _, v := range e.Views {
		out = append(out, v.Label())
	}
	switch {
	case e.Kind == FloatingWindow && e.CallEntry:
		return []string{"App Dock", "Phone numbers and the Calls tab"}
	case e.Kind == FloatingWindow:
		return []string{"App Dock"}
	case e.Kind == AppSettings && e.External:
		return []string{"Marketplace apps, in a tab of its own"}
	case e.Kind == AppSettings:
		return []string{"Marketplace apps"}
	case e.Panel != "" && e.Field != "":
		return []string{"In the app's panel, at the field " + e.Field}
	case e.Panel != "":
		return []string{"In the app's panel"}
	case len(out) == 0:
		return []string{"Opened by the app's other extensions"}
	}
	return out
}

// ExtensionSecrets are what calls of an extension are signed with.
type ExtensionSecrets struct {
	JWT      string // the extension's own, else the app's client secret
	HTTPUser string // of HTTP Basic, "" without
	HTTPPass string
}

// Access is what a person may do with an extension.
type Access int

// The degrees, each more than the one before.
const (
	AccessNone      Access = iota // it is not shown
	AccessAuthorize               // it is shown, and asks to allow the app first
	AccessLook                    // a JSON panel with data; of its actions only links
	AccessUse
)

// Access is what a person may do with an extension of the app who has installed
// it themselves, or in whose company a colleague shares it.
// spec: devhub.extensions-shared
func (a App) Access(k Kind, installed, shared bool) Access {
	switch {
	case installed:
		return AccessUse
	case !shared:
		return AccessNone
	case a.ExtensionsShared && k == LinkAction:
		return AccessUse
	case a.ExtensionsShared && k == JSONPanel:
		return AccessLook
	}
	return AccessAuthorize
}

// NewExtension is what a person fills in about an extension.
type NewExtension struct {
	Kind        Kind
	Name        string
	Description string
	URL         string
	Views       []View
	CallEntry   bool
	External    bool
	Panel       string
	Field       string
	MainActions map[View]string
	// Schema replaces the uploaded JSON; empty leaves it as it is.
	Schema string
	// JWTSecret and HTTPUser with HTTPPass replace what is kept; empty leaves it.
	JWTSecret          string
	HTTPUser, HTTPPass string
	// ForgetJWT and ForgetAuth remove what is kept.
	ForgetJWT, ForgetAuth bool
}

// maxSecret bounds secrets that people choose, in bytes.
const maxSecret = 256

// apply checks n against the rules of its kind and writes it into e.
// spec: devhub.extensions
func (n NewExtension) apply(e Extension, a App) (Extension, error) {
	info, ok := n.Kind.Info()
	if !ok {
		return e, fault.New(fault.Invalid, "kind", "There is no extension of the type %q.", n.Kind)
	}
	e.Kind, e.Name, e.Description, e.URL = n.Kind, strings.TrimSpace(n.Name), strings.TrimSpace(n.Description), strings.TrimSpace(n.URL)
	if info.Nameless {
		e.Name = ""
	} else if err := checkText("name", e.Name, 1, MaxExtensionName); err != nil {
		return e, err
	}
	least := 0
	if info.Described {
		least = 1
	}
	if err := checkText("description", e.Description, least, MaxExtensionDescription); err != nil {
		return e, err
	}
	if e.URL == "" {
		return e, fault.New(fault.Invalid, "url", "Expected an address such as https://app.example.com/panel, got none.")
	}
	address := e.URL
	if before, _, ok := strings.Cut(e.URL, "#"); ok && before != "" && info.Framed {
		// spec: devhub.extensions.fragment
		address = before // apps of one page find their way by what follows
	}
	if err := checkURL("url", address, a.Public); err != nil {
		return e, err
	}
	e.CallEntry = n.CallEntry && info.CallEntry
	e.External = n.External && n.Kind == AppSettings
	e.MainActions = nil
	if n.Kind == JSONPanel {
		e.MainActions = n.MainActions
	}
	if e.Panel, e.Field = "", ""; info.PanelAction {
		e.Panel, e.Field = n.Panel, strings.TrimSpace(n.Field)
	}
	var err error
	if e.Views, err = n.views(info, e.Panel != ""); err != nil {
		return e, err
	}
	if err := n.checkSecrets(info); err != nil {
		return e, err
	}
	return n.applySchema(e, info)
}

// views puts the ticked views into their order and refuses what the kind cannot
// have.
func (n NewExtension) views(info KindInfo, inPanel bool) ([]View, error) {
	if inPanel {
		return nil, nil
	}
	var out []View
	for _, v := range allViews {
		if slices.Contains(n.Views, v) && slices.Contains(info.Views, v) {
			out = append(out, v)
		}
	}
	for _, v := range n.Views {
		if !slices.Contains(info.Views, v) {
			return nil, fault.New(fault.Invalid, "views", "A %s cannot appear in %q. Expected some of %s.", info.Label, v, viewNames(info.Views))
		}
	}
	if len(out) < info.MinViews {
		return nil, fault.New(fault.Invalid, "views", "Expected at least one location, got none. Tick where it shall appear.")
	}
	return out, nil
}

func viewNames(views []View) string {
	var out []string
	for _, v := range views {
		out = append(out, string(v))
	}
	if len(out) == 0 {
		return "no view at all"
	}
	return strings.Join(out, ", ")
}

func (n NewExtension) checkSecrets(info KindInfo) error {
	for _, f := range []struct{ field, value string }{{"jwt_secret", n.JWTSecret}, {"http_user", n.HTTPUser}, {"http_password", n.HTTPPass}} {
		if len(f.value) > maxSecret || !utf8.ValidString(f.value) || strings.ContainsRune(f.value, 0) {
			return fault.New(fault.Invalid, f.field, "Expected at most %d bytes of text, got %d.", maxSecret, len(f.value))
		}
	}
	switch {
	case (n.HTTPUser != "" || n.HTTPPass != "") && !info.HTTPAuth:
		return fault.New(fault.Invalid, "http_user", "Only JSON panels are called with HTTP authentication.")
	case n.HTTPUser == "" && n.HTTPPass != "":
		return fault.New(fault.Invalid, "http_user", "Expected a user name together with the password, got none.")
	case n.HTTPUser != "" && n.HTTPPass == "":
		return fault.New(fault.Invalid, "http_password", "Expected a password together with the user name, got none.")
	case strings.Contains(n.HTTPUser, ":"):
		return fault.New(fault.Invalid, "http_user", "HTTP authentication has no room for a colon in the user name, got %q.", n.HTTPUser)
	}
	return nil
}

func (n NewExtension) applySchema(e Extension, info KindInfo) (Extension, error) {
	if info.Schema == "" {
		e.Schema = ""
		return e, nil
	}
	if n.Schema == "" && e.Schema != "" {
		return e, nil
	}
	if strings.TrimSpace(n.Schema) == "" {
		return e, fault.New(fault.Invalid, "schema", "Expected a JSON file, got none. Choose one, or paste its text.")
	}
	check := checkPanelSchema
	if n.Kind == JSONModal {
		check = checkModalSchema
	}
	e.Schema = n.Schema
	return e, check("schema", []byte(n.Schema))
}

// checkText accepts least to most characters of text.
func checkText(field, value string, least, most int) error {
	n := utf8.RuneCountInString(value)
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return fault.New(fault.Invalid, field, "Expected UTF-8 text without control characters.")
	}
	if n < least || n > most {
		if least > 0 {
			return fault.New(fault.Invalid, field, "Expected %d to %d characters, got %d.", least, most, n)
		}
		return fault.New(fault.Invalid, field, "Expected at most %d characters, got %d.", most, n)
	}
	return nil
}

// fits checks an extension against its app's others.
// spec: devhub.extensions.limits
func fits(e Extension, all []Extension) error {
	others := slices.DeleteFunc(slices.Clone(all), func(o Extension) bool { return o.UUID == e.UUID })
	info := e.Info()
	count := func(like func(Extension) bool) (n int) {
		for _, o := range others {
			if like(o) {
				n++
			}
		}
		return n
	}
	if info.Once && count(func(o Extension) bool { return o.Kind == e.Kind }) > 0 {
		return fault.New(fault.Conflict, "kind", "An app has one %s at most, and this one has it already. Change that one.", info.Label)
	}
	if e.Panel != "" {
		return fitsPanel(e, others, count)
	}
	for _, v := range e.Views {
		if e.Kind.InSidebar() && count(func(o Extension) bool { return o.Kind.InSidebar() && o.In(v) }) > 0 {
			return fault.New(fault.Conflict, "views", "%s has a panel of this app already. An app has one panel in each details view.", v.Label())
		}
		if e.Kind.InMenu() && count(func(o Extension) bool { return o.Kind.InMenu() && o.In(v) }) >= maxPerView {
			return fault.New(fault.Conflict, "views", "%s has %d link actions and modals of this app already, which is the most. Take one away first.", v.Label(), maxPerView)
		}
	}
	return nil
}

// fitsPanel checks an action against the panel that it belongs to.
func fitsPanel(e Extension, others []Extension, count func(func(Extension) bool) int) error {
	i := slices.IndexFunc(others, func(o Extension) bool { return o.Kind == JSONPanel && o.UUID == e.Panel })
	if i < 0 {
		return fault.New(fault.Invalid, "panel", "The app has no JSON panel %q. Choose one of its own.", e.Panel)
	}
	many, fields := panelShape(others[i].Schema)
	if e.Field == "" && !many {
		return fault.New(fault.Invalid, "panel", "The panel %q shows a single object, and those have no actions of their own. Name a field of it.", others[i].Name)
	}
	if e.Field != "" && !slices.Contains(fields, e.Field) {
		return fault.New(fault.Invalid, "field", "The panel %q has no field %q. Expected one of %s.", others[i].Name, e.Field, strings.Join(fields, ", "))
	}
	here := func(o Extension) bool { return o.Panel == e.Panel }
	if e.Field == "" {
		if count(func(o Extension) bool { return here(o) && o.Field == "" }) >= maxObjectActions {
			return fault.New(fault.Conflict, "panel", "The panel's objects have %d actions already, which is the most.", maxObjectActions)
		}
		return nil
	}
	if count(func(o Extension) bool { return here(o) && o.Field == e.Field }) > 0 {
		return fault.New(fault.Conflict, "field", "The field %q has an action already; a field has one.", e.Field)
	}
	if count(func(o Extension) bool { return here(o) && o.Field != "" }) >= maxActionFields {
		return fault.New(fault.Conflict, "field", "%d fields of the panel have an action already, which is the most.", maxActionFields)
	}
	return nil
}
