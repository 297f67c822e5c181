package kitchensink

import (
	"slices"

	"github.com/dockwright/dockwright/pipedrive/surfaceapi"
)

// command is a button with an argument that can be edited.
type command struct {
	Name surfaceapi.Command
	Text string
	// Choices are arguments to begin with; the first stands in the field.
	Choices []choice
	// On are the surfaces for which it is meant, all if empty. The button is there
	// on the others too: a host must answer.
	On []surfaceapi.Surface
	// Fits is whether the page's surface is one of them.
	Fits bool
}

// choice is an argument as JSON, empty for none.
type choice struct{ Label, Args string }

// commandsOn are the commands as the page of a surface shows them.
func commandsOn(s surface) []command {
	out := slices.Clone(commands)
	for i := range out {
		out[i].Fits = len(out[i].On) == 0 || slices.Contains(out[i].On, s.Kind)
	}
	return out
}

var commands = []command{
	{
		Name: surfaceapi.Initialize, Text: "The handshake, once more. Without a size the surface stays as it is.",
		Choices: []choice{{"No size", `{}`}, {"With a size", `{ "size": { "height": 420, "width": 480 } }`}},
	},
	{
		Name: surfaceapi.ShowSnackbar, Text: "A message at the edge of the CRM's page, with a link if you like.",
		Choices: []choice{
			{"With a link", `{ "message": "The sink is full", "link": { "url": "https://example.com/", "label": "Empty it" } }`},
			{"Text alone", `{ "message": "The sink is full" }`},
		},
	},
	{
		Name: surfaceapi.ShowConfirmation, Text: "A question. The answer comes when the user has given one.",
		Choices: []choice{
			{"All fields", `{ "title": "Pull the plug?", "description": "The water will be gone.", "okText": "Pull", "cancelText": "Leave it", "okColor": "negative" }`},
			{"Title alone", `{ "title": "Pull the plug?" }`},
			{"Green", `{ "title": "Fill the sink?", "okText": "Fill", "okColor": "primary" }`},
			{"White", `{ "title": "Look into the sink?", "okColor": "secondary" }`},
		},
	},
	{
		Name: surfaceapi.Resize, Text: "Another size, in pixels. Panels and settings pages take a height only.",
		Choices: []choice{
			{"Both", `{ "height": 420, "width": 480 }`}, {"Height", `{ "height": 360 }`}, {"Width", `{ "width": 360 }`},
			{"As large as a window may be", `{ "height": 700, "width": 800 }`}, {"As small as a window may be", `{ "height": 70, "width": 200 }`},
		},
	},
	{
		Name: surfaceapi.OpenModal, Text: "A dialog of the CRM with fields filled in, or a modal of this app. The answer comes when it is done.",
		Choices: []choice{
			{"This app's modal", `{ "type": "custom_modal", "action_id": "Kitchen sink", "data": { "from": "a button" } }`},
			{"This app's modal without entry point", `{ "type": "custom_modal", "action_id": "Kitchen sink drain" }`},
			{"Deal", `{ "type": "deal", "prefill": { "title": "A new sink", "person": "Mari Tamm", "organization": "Sinks and Sons" } }`},
			{"Person", `{ "type": "person", "prefill": { "name": "Mari Tamm", "organization": "Sinks and Sons" } }`},
			{"Organization", `{ "type": "organization", "prefill": { "name": "Sinks and Sons" } }`},
			{"Activity", `{ "type": "activity", "prefill": { "subject": "Fit the sink", "dueDate": "2030-01-15", "dueTime": "10:30", "duration": "01:15", "note": "<b>Bring</b> the pipe", "description": "At the back door" } }`},
			{"JSON modal", `{ "type": "json_modal", "action_id": "Kitchen sink form" }`},
		},
	},
	{
		Name: surfaceapi.CloseModal, Text: "Closes the app's modal, whoever opened it.",
		On: []surfaceapi.Surface{surfaceapi.ModalSurface}, Choices: []choice{{"No argument", ``}},
	},
	{
		Name: surfaceapi.GetSignedToken, Text: "A fresh token. The server of this app verifies it and says what it read.",
		Choices: []choice{{"No argument", ``}},
	},
	{
		Name: surfaceapi.RedirectTo, Text: "Leads the CRM's page to a list, a record or this app's settings.",
		Choices: []choice{
			{"A deal", `{ "view": "deals", "id": 1 }`}, {"Deals", `{ "view": "deals" }`}, {"A person", `{ "view": "contacts", "id": 1 }`},
			{"People", `{ "view": "contacts" }`}, {"An organization", `{ "view": "organizations", "id": 1 }`}, {"Organizations", `{ "view": "organizations" }`},
			{"Leads", `{ "view": "leads" }`}, {"Campaigns", `{ "view": "campaigns" }`}, {"Projects", `{ "view": "projects" }`},
			{"Settings with context", `{ "view": "settings", "context": { "tab": "taps" } }`},
		},
	},
	{
		Name: surfaceapi.ShowFloatingWindow, Text: "Shows this app's floating window, which hears of it with the context.",
		Choices: []choice{{"With context", `{ "context": { "ticketId": "T-9" } }`}, {"No argument", ``}},
	},
	{
		Name: surfaceapi.HideFloatingWindow, Text: "Hides it. The iframe lives on.",
		Choices: []choice{{"With context", `{ "context": { "reason": "done" } }`}, {"No argument", ``}},
	},
	{
		Name: surfaceapi.SetNotification, Text: "A number on the app's icon in the App Dock.",
		Choices: []choice{{"Three", `{ "number": 3 }`}, {"Many", `{ "number": 120 }`}, {"Zero clears it", `{ "number": 0 }`}, {"No number clears it", `{}`}},
	},
	{
		Name: surfaceapi.SetFocusMode, Text: "Takes the close button from the floating window. The argument is a bare boolean.",
		On: []surfaceapi.Surface{surfaceapi.FloatingWindow}, Choices: []choice{{"On", `true`}, {"Off", `false`}},
	},
	{
		Name: surfaceapi.GetMetadata, Text: "The size of the CRM's window.",
		Choices: []choice{{"No argument", ``}},
	},
}

// event is what a page listens for.
type event struct {
	Name surfaceapi.Event
	Text string
}

var events = []event{
	{surfaceapi.Visibility, "A panel is collapsed or expanded; a floating window is shown or hidden, by whom and with what context."},
	{surfaceapi.CloseCustomModal, "The modal that this page opened has closed."},
	{surfaceapi.PageVisibilityState, "The browser's tab came to the front or left it. The SDK makes this one by itself."},
	{surfaceapi.UserSettingsChange, "The user chose another theme. This page follows."},
}

// trial is a way to misbehave, and what a careful host makes of it.
type trial struct {
	Name     string
	Label    string
	Text     string
	Expected string
	// Args is an argument as JSON, empty for none.
	Args string
	// Leaves is whether the page is gone afterwards, so that it cannot judge.
	Leaves bool
}

var trials = []trial{
	{Name: "garbage", Label: "Post garbage", Text: "Nothing, numbers, text, objects of wrong shape, a command without a port.", Expected: "No answer to any."},
	{Name: "wrong-id", Label: "Speak in another's name", Text: "A command with the id of another frame, or of none.", Expected: "No answer.", Args: `{ "id": "rt_of_somebody_else" }`},
	{Name: "unknown-command", Label: "Unknown commands", Text: "Commands that the SDK does not know, past its guard; one is called like a property of every object.", Expected: "An error for each, in words.", Args: `["launch_rocket", "constructor", "", null, 7]`},
	{Name: "unknown-event", Label: "Unknown events", Text: "Listens for events that do not exist, past the SDK's guard.", Expected: "No push, or one error.", Args: `["moonrise", "constructor", null]`},
	{Name: "malformed", Label: "Malformed arguments", Text: "Calls as apps in the wild make them: wrong types, wrong case, missing fields.", Expected: "An error for each, in words."},
	{Name: "unknown-action", Label: "Unknown modal", Text: "Opens a custom modal and a JSON modal that do not exist.", Expected: "An error that says so.", Args: `{ "action_id": "no such modal" }`},
	{Name: "script-link", Label: "Links with a script", Text: "Snackbars whose links begin with javascript:, data: and the like.", Expected: "An error for each; nothing runs.", Args: `["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "blob:null/1"]`},
	{Name: "sizes", Label: "Sizes out of range", Text: "Too small, too large, negative, not finite, text.", Expected: "The size stays as it is."},
	{Name: "huge", Label: "Five megabytes", Text: "A snackbar with a message of 5 MB.", Expected: "An error, and a page that stays usable.", Args: `{ "megabytes": 5 }`},
	{Name: "uncloneable", Label: "A function", Text: "An argument that cannot be posted. The browser refuses, the host hears nothing.", Expected: "An error from the browser."},
	{Name: "flood", Label: "A flood", Text: "A thousand commands at once.", Expected: "Each is answered or refused, and the page stays usable.", Args: `{ "commands": 1000 }`},
	{Name: "listeners", Label: "Many listeners", Text: "Five hundred listeners for one event.", Expected: "The page stays usable.", Args: `{ "listeners": 500 }`},
	{Name: "top", Label: "Navigate the top", Text: "Sets the location of the CRM's page, and opens a link into it.", Expected: "The browser refuses: the sandbox has no top navigation."},
	{Name: "reach", Label: "Reach into the page", Text: "Reads the CRM's document, cookies and storage.", Expected: "The browser refuses: the iframe has another origin."},
	{Name: "init-twice", Label: "Initialise twice", Text: "A second SDK on the same page, and a second handshake of the first.", Expected: "Both are answered."},
	{Name: "init-never", Label: "Never initialise", Text: "Loads the page again with init=never.", Expected: "A card instead, after ten seconds.", Leaves: true},
	{Name: "init-late", Label: "Initialise late", Text: "Loads the page again and initialises after so many milliseconds.", Expected: "A card after ten seconds; a careful host shows the page when it comes after all.", Args: `{ "after": 11000 }`, Leaves: true},
	{Name: "elsewhere", Label: "Go elsewhere", Text: "Leads the iframe to a page without the SDK.", Expected: "The CRM's page stays as it is.", Leaves: true},
}
