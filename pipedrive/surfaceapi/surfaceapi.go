// Package surfaceapi is what is said between the CRM and a custom UI extension:
// the query parameters of an iframe's address, the signed token in them, the
// sizes a surface may have, and the words of the SDK's messages.
//
// The messages themselves are exchanged in the browser, over the ports of
// postMessage; this package names their commands and events for whoever
// configures, records or checks them.
package surfaceapi

// Command is what an app asks the CRM for by the SDK's execute, and by its
// initialize.
type Command string

// The commands of the SDK, up to version 0.16.
const (
	Initialize         Command = "initialize"
	ShowSnackbar       Command = "show_snackbar"
	ShowConfirmation   Command = "show_confirmation"
	Resize             Command = "resize"
	OpenModal          Command = "open_modal"
	CloseModal         Command = "close_modal"
	GetSignedToken     Command = "get_signed_token"
	RedirectTo         Command = "redirect_to"
	ShowFloatingWindow Command = "show_floating_window"
	HideFloatingWindow Command = "hide_floating_window"
	SetNotification    Command = "set_notification"
	SetFocusMode       Command = "set_focus_mode"
	GetMetadata        Command = "get_metadata"
)

// Commands lists every command in the order of the SDK's documentation.
func Commands() []Command {
	return []Command{
		Initialize, ShowSnackbar, ShowConfirmation, Resize, OpenModal, CloseModal, GetSignedToken, RedirectTo,
		ShowFloatingWindow, HideFloatingWindow, SetNotification, SetFocusMode, GetMetadata,
	}
}

// Event is what the CRM tells an app that listens.
type Event string

// The events of the SDK. PageVisibilityState never crosses the street: since
// version 0.7 the SDK makes it of the iframe's own document.
const (
	Visibility          Event = "visibility"
	CloseCustomModal    Event = "close_custom_modal"
	PageVisibilityState Event = "page_visibility_state"
	UserSettingsChange  Event = "user_settings_change"
)

// Events lists every event in the order of the SDK's documentation.
func Events() []Event {
	return []Event{Visibility, CloseCustomModal, PageVisibilityState, UserSettingsChange}
}

// TrackFocused is the only thing that an app reports without being answered: its
// window has the focus.
const TrackFocused = "focused"

// Modal is what open_modal opens.
type Modal string

// The types of modal.
const (
	DealModal         Modal = "deal"
	OrganizationModal Modal = "organization"
	PersonModal       Modal = "person"
	ActivityModal     Modal = "activity"
	JSONModal         Modal = "json_modal"
	CustomModal       Modal = "custom_modal"
)

// Status is how a modal ended.
type Status string

// The ends of a modal.
const (
	Closed    Status = "closed"
	Submitted Status = "submitted"
)

// View is a place of the CRM to which redirect_to leads.
type View string

// The views.
const (
	DealsView         View = "deals"
	LeadsView         View = "leads"
	OrganizationsView View = "organizations"
	ContactsView      View = "contacts"
	CampaignsView     View = "campaigns"
	ProjectsView      View = "projects"
	SettingsView      View = "settings"
)

// Views lists every view.
func Views() []View {
	return []View{DealsView, LeadsView, OrganizationsView, ContactsView, CampaignsView, ProjectsView, SettingsView}
}

// Theme is how the CRM looks to its user.
type Theme string

// The themes.
const (
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Surface is where an iframe of an app is shown.
type Surface string

// The surfaces.
const (
	FloatingWindow Surface = "floating_window"
	Panel          Surface = "panel"
	ModalSurface   Surface = "modal"
	AppSettings    Surface = "app_settings"
)

// Range bounds a length, in CSS pixels. A Max of 0 is the size of the browser's
// window; Min equal to Max is a length that apps cannot choose.
type Range struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// Sizes are what an app may ask for with resize and initialize, and what a
// surface has before.
type Sizes struct {
	Width  Range `json:"width"`
	Height Range `json:"height"`
	// FixedWidth is whether the CRM decides the width alone.
	FixedWidth    bool `json:"fixed_width"`
	DefaultWidth  int  `json:"default_width"`
	DefaultHeight int  `json:"default_height"`
}

// InitializeWithin is how long an app may take from the loading of its iframe to
// initialize, in seconds.
const InitializeWithin = 10

// Sizes of the surface; ok is false for one that does not exist. Ranges are
// documented, defaults are not: apps in production fill a panel with lists and
// never give it a size, so that it cannot begin at its least height.
// spec: surface.sizes
// spec: surface.panel.default-height
func (s Surface) Sizes() (sizes Sizes, ok bool) {
	switch s {
	case FloatingWindow:
		return Sizes{Width: Range{200, 800}, Height: Range{70, 700}, DefaultWidth: 320, DefaultHeight: 240}, true
	case Panel:
		return Sizes{Height: Range{100, 750}, FixedWidth: true, DefaultHeight: 300}, true
	case ModalSurface:
		return Sizes{Width: Range{Min: 320}, Height: Range{Min: 120}, DefaultWidth: 520, DefaultHeight: 400}, true
	case AppSettings:
		return Sizes{Height: Range{100, 10000}, FixedWidth: true, DefaultHeight: 600}, true
	}
	return Sizes{}, false
}
