package devhub

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/route"
)

// Template is a beginning for a new app: what it needs to be seen at once.
type Template struct {
	Key    string // in forms
	Label  string
	Text   string
	Icon   string
	Scopes []string
	// Category is that of the Marketplace, "" to leave it open.
	Category string
	// begin are the parts that it brings, on the origin of the callback URL.
	begin func(ctx context.Context, s *Service, c route.Caller, a App, at string) error
}

// templates are in the order of the page; the first is chosen until the person
// chooses.
var templates = []Template{
	{Key: "api", Label: "Just the API", Text: "Reads and writes data, and shows nothing inside the CRM.", Icon: "code"},
	{
		Key: "caller", Label: "Caller", Text: "A softphone in a floating window, opened from the App Dock and from phone numbers.", Icon: "phone",
		Category: "Phone calls", Scopes: []string{"deals:full", "activities:full", "contacts:full", "search:read", "phone-integration"},
		begin: starter(NewExtension{Kind: FloatingWindow, Description: "Calls people from the CRM.", CallEntry: true}, "/floating-window"),
	},
	{
		Key: "panel", Label: "Panel", Text: "A page of yours in the sidebar of deals, people and organizations.", Icon: "dock",
		Scopes: []string{"deals:read", "contacts:read"}, begin: starter(NewExtension{Kind: CustomPanel, Views: detailViews}, "/panel"),
	},
	{
		Key: "modal", Label: "Modal", Text: "A page of yours that opens from the actions menu of a record.", Icon: "image",
		Scopes: []string{"deals:full", "contacts:read"},
		begin:  starter(NewExtension{Kind: CustomModal, Views: []View{DealDetails, PersonDetails}}, "/modal"),
	},
	{
		Key: "json", Label: "JSON panel", Text: "Your data in a sidebar panel that the CRM draws; no page of your own.", Icon: "note",
		Scopes: []string{"deals:read", "contacts:read"},
		begin:  starter(NewExtension{Kind: JSONPanel, Views: []View{DealDetails}, Schema: SamplePanel}, "/panel.json"),
	},
	{
		Key: "messaging", Label: "Messaging", Text: "Conversations of another network in the Messaging inbox.", Icon: "inbox",
		Category: "Messaging", Scopes: []string{ScopeMessengers, "contacts:full"}, begin: beginMessaging,
	},
	{
		Key: "video", Label: "Video calls", Text: "Meetings that are made, moved and cancelled with activities.", Icon: "play",
		Category: "Video calls", Scopes: []string{ScopeVideoCalls, "activities:read"}, begin: beginVideo,
	},
}

// Templates lists the beginnings that a new app can have.
func Templates() []Template { return slices.Clone(templates) }

// CreateFrom is Create with what a template brings.
// spec: devhub.wizard
func (s *Service) CreateFrom(ctx context.Context, c route.Caller, template string, public bool, r Registration) (App, error) {
	i := slices.IndexFunc(templates, func(t Template) bool { return t.Key == template })
	if i < 0 {
		return App{}, fault.New(fault.Invalid, "template", "There is no template %q. Choose one of those shown.", template)
	}
	t := templates[i]
	r.Scopes = slices.Concat(r.Scopes, t.Scopes)
	r.Category = cmp.Or(r.Category, t.Category)
	if t.begin != nil && strings.TrimSpace(r.CallbackURL) == "" {
		return App{}, fault.New(fault.Invalid, "callback_url", "Expected the callback URL, got none. The template puts the app's other addresses beside it.")
	}
	a, err := s.Create(ctx, c, public, r)
	if err != nil || t.begin == nil {
		return a, err
	}
	if err := t.begin(ctx, s, c, a, origin(a.CallbackURL)); err != nil {
		return a, fmt.Errorf("begin app %s from the template %s: %w", a.ClientID, template, err)
	}
	return s.ByClientID(ctx, a.ClientID)
}

// starter brings one extension, with the app's name.
func starter(n NewExtension, path string) func(context.Context, *Service, route.Caller, App, string) error {
	return func(ctx context.Context, s *Service, c route.Caller, a App, at string) error {
		n := n
		n.Name, n.URL = shorten(a.Name, MaxExtensionName), at+path
		_, err := s.SaveExtension(ctx, c, a.ClientID, "", n)
		return err
	}
}

func beginMessaging(ctx context.Context, s *Service, c route.Caller, a App, at string) error {
	_, err := s.UploadManifest(ctx, c, a.ClientID, fmt.Appendf(nil, messagingStart, at))
	return err
}

func beginVideo(ctx context.Context, s *Service, c route.Caller, a App, at string) error {
	_, err := s.UploadVideoManifest(ctx, c, a.ClientID, fmt.Appendf(nil, videoStart, at, a.ClientID))
	return err
}

const messagingStart = `{
  "version": "v202101",
  "endpoints": {
    "getConversations": "%[1]s/channels/:providerChannelId/conversations",
    "getConversationById": "%[1]s/channels/:providerChannelId/conversations/:sourceConversationId",
    "postMessage": "%[1]s/channels/:providerChannelId/messages",
    "getMessageById": "%[1]s/channels/:providerChannelId/conversations/:sourceConversationId/messages/:sourceMessageId",
    "getSenderById": "%[1]s/channels/:providerChannelId/senders/:senderId",
    "getTemplates": "%[1]s/channels/:providerChannelId/templates",
    "deleteChannelById": "%[1]s/channels/:providerChannelId"
  }
}
`

const videoStart = `{
  "version": "v202049",
  "clientId": "%[2]s",
  "endpoints": {
    "postMeeting": "%[1]s/links/:linkId/meetings",
    "patchUpdateMeeting": "%[1]s/links/:linkId/meetings/:meetingId",
    "deleteMeeting": "%[1]s/links/:linkId/meetings/:meetingId"
  }
}
`

// SamplePanel is a JSON structure to begin a JSON panel with.
const SamplePanel = `{
  "type": "array",
  "items": {
    "type": "object",
    "required": ["id", "header"],
    "properties": {
      "id": {"$ref": "#/definitions/numerical"},
      "header": {"$ref": "#/definitions/header"},
      "status": {"$ref": "#/definitions/label", "label": "Status"},
      "due": {"$ref": "#/definitions/date", "label": "Due date"},
      "total": {"$ref": "#/definitions/currency", "label": "Total"},
      "document": {"$ref": "#/definitions/link"}
    }
  }
}
`

// SampleModal is a JSON schema to begin a JSON modal with.
const SampleModal = `{
  "type": "object",
  "properties": {
    "blocks": {
      "type": "object",
      "properties": {
        "intro": {"$ref": "#/definitions/element-text", "options": {"markdown": true, "value": "# Send a parcel"}},
        "service": {"$ref": "#/definitions/element-select", "options": {
          "label": "Service", "isRequired": true,
          "items": [{"label": "Express", "value": "express"}, {"label": "Standard", "value": "standard"}]
        }},
        "note": {"$ref": "#/definitions/element-textarea", "options": {"label": "Note", "visibleOn": {"service": "not_empty"}}}
      }
    },
    "actions": {
      "type": "object",
      "properties": {
        "cancel": {"$ref": "#/definitions/action-secondary", "options": {"label": "Cancel", "handler": "cancel"}},
        "send": {"$ref": "#/definitions/action-primary", "options": {"label": "Send", "handler": "request"}}
      }
    }
  }
}
`

// Sample is a schema to begin an extension of the kind with, "" if it has none.
func (k Kind) Sample() string {
	switch k {
	case JSONPanel:
		return SamplePanel
	case JSONModal:
		return SampleModal
	}
	return ""
}

// PanelShape says of a JSON panel whether it shows many objects, and which fields
// each has.
func (e Extension) PanelShape() (many bool, fields []string) { return panelShape(e.Schema) }

// origin is scheme and host of an address that was accepted.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// shorten cuts s to a number of characters.
func shorten(s string, most int) string {
	r := []rune(s)
	return strings.TrimSpace(string(r[:min(len(r), most)]))
}
