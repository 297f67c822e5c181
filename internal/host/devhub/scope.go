package devhub

import (
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
)

// Scope is a permission that an app may ask for.
type Scope struct {
	ID   string // on the wire, "contacts:full"
	Name string // in the Developer Hub
	// Allows ends the sentence "This app will be able to …".
	Allows string
}

// Scopes of particular meaning to the host.
const (
	ScopeBase       = "base"
	ScopeMessengers = "messengers-integration"
	ScopeVideoCalls = "video-calls"
)

// scopes is the list in the order in which pages show it.
// spec: oauth.scopes
var scopes = []Scope{
	{ScopeBase, "Access to basic information", "see your name, email and language, and the name and settings of your company"},
	{"deals:read", "Deals: Read only", "see deals with their notes, files, filters, pipelines and stages"},
	{"deals:full", "Deals: Full access", "see, add, change and delete deals with their notes, files and filters"},
	{"activities:read", "Activities: Read only", "see activities with their files and filters"},
	{"activities:full", "Activities: Full access", "see, add, change and delete activities with their files and filters"},
	{"contacts:read", "Contacts: Read only", "see people and organizations with their notes, files and filters"},
	{"contacts:full", "Contacts: Full access", "see, add, change and delete people and organizations with their notes, files and filters"},
	{"leads:read", "Leads: Read only", "see leads, their labels and sources"},
	{"leads:full", "Leads: Full access", "see, add, change and delete leads and their labels"},
	{"products:read", "Products: Read only", "see products"},
	{"products:full", "Products: Full access", "see, add, change and delete products"},
	{"projects:read", "Projects: Read only", "see projects and their tasks"},
	{"projects:full", "Projects: Full access", "see, add, change and delete projects and their tasks"},
	{"goals:read", "Goals: Read only", "see goals"},
	{"goals:full", "Goals: Full access", "see, add, change and delete goals"},
	{"mail:read", "Mail: Read only", "see mail threads"},
	{"mail:full", "Mail: Full access", "see, change and delete mail threads"},
	{"deal-fields:full", "Deal fields: Full access", "see, add, change and delete the fields of deals"},
	{"product-fields:full", "Product fields: Full access", "see, add, change and delete the fields of products"},
	{"contact-fields:full", "Contact fields: Full access", "see, add, change and delete the fields of people and organizations"},
	{"users:read", "Read users data", "see the users of your company, their permissions and roles"},
	{"recents:read", "See recent account activity", "see what was changed lately in your company"},
	{"search:read", "Search for all data", "search in everything that you can see"},
	{"admin", "Administer account", "change pipelines, stages, fields, activity types, users, roles and webhooks, if you are an admin"},
	{"phone-integration", "Call logs", "add calls and their recordings to people, deals and leads, and see and delete those logs"},
	{ScopeVideoCalls, "Video calls integration", "make, move and cancel video calls on activities"},
	{ScopeMessengers, "Messaging integration", "bring conversations into the Messaging inbox and deliver the replies written there"},
	{"webhooks:read", "Webhooks: Read only", "see which webhooks are set"},
	{"webhooks:full", "Webhooks: Full access", "be told about changes by webhooks that it sets"},
}

// Scopes lists every scope that an app may ask for, in the order of the pages.
func Scopes() []Scope { return slices.Clone(scopes) }

// ScopeByID returns the scope with that identifier.
func ScopeByID(id string) (Scope, bool) {
	i := slices.IndexFunc(scopes, func(s Scope) bool { return s.ID == id })
	if i < 0 {
		return Scope{}, false
	}
	return scopes[i], true
}

// normalScopes puts ids into the order of the list, adds base, drops doubles and
// refuses what does not exist.
func normalScopes(ids []string) ([]string, error) {
	want := map[string]bool{ScopeBase: true}
	for _, id := range ids {
		id = strings.TrimSpace(id)
		if id == "" {
			continue
		}
		if _, ok := ScopeByID(id); !ok {
			return nil, fault.New(fault.Invalid, "scopes", "There is no scope %q; expected identifiers such as base or contacts:full.", id)
		}
		want[id] = true
	}
	var out []string
	for _, s := range scopes {
		if want[s.ID] {
			out = append(out, s.ID)
		}
	}
	return out, nil
}
