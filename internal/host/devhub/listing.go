package devhub

import (
	"net/mail"
	"slices"
	"strings"

	"github.com/dockwright/dockwright/internal/fault"
)

// CategoryCalls is the category of softphones, which are suggested to who clicks a
// phone number.
const CategoryCalls = "Phone calls"

// categories are those of the Marketplace.
// spec: marketplace.categories
var categories = []string{
	CategoryCalls, "Messaging", "Video calls", "Email", "Lead generation", "Marketing", "Documents and contracts",
	"Invoicing and accounting", "Projects", "Reports and dashboards", "Automation", "Customer support", "Other",
}

// Categories lists what kinds of apps the Marketplace knows, in its order.
func Categories() []string { return slices.Clone(categories) }

// maxEmail is the longest address that mail can have, in bytes.
const maxEmail = 254

func checkListing(category, email string) error {
	if category != "" && !slices.Contains(categories, category) {
		return fault.New(fault.Invalid, "category", "There is no category %q. Expected one of: %s.", category, strings.Join(categories, ", "))
	}
	if email == "" {
		return nil
	}
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || len(email) > maxEmail {
		return fault.New(fault.Invalid, "contact_email", "Expected an address such as help@example.com, got %q.", email)
	}
	return nil
}

// Gap is what an app lacks before it can be sent to the review.
type Gap struct {
	Field string // of the form
	Text  string
}

// Gaps lists what a public app lacks before it can be sent to the review.
// spec: devhub.review.listing
func (a App) Gaps() []Gap {
	var out []Gap
	for _, g := range []struct {
		missing bool
		Gap
	}{
		{a.CallbackURL == "", Gap{"callback_url", "a callback URL"}},
		{a.Summary == "", Gap{"summary", "a summary"}},
		{a.Description == "", Gap{"description", "a description"}},
		{!a.HasIcon(), Gap{"icon", "an icon"}},
		{a.ImageCount == 0, Gap{"image", "an image of the app at work"}},
		{a.Category == "", Gap{"category", "a category"}},
		{a.SupportURL == "", Gap{"support_url", "an address for support"}},
		{a.LegalURL == "", Gap{"legal_url", "an address of its terms"}},
		{a.ContactEmail == "", Gap{"contact_email", "a contact email"}},
		{a.Wants(ScopeMessengers) && a.Manifest == nil, Gap{"manifest", "a messaging manifest"}},
		{a.Wants(ScopeVideoCalls) && a.VideoManifest == nil, Gap{"video_manifest", "a video calling manifest"}},
	} {
		if g.missing {
			out = append(out, g.Gap)
		}
	}
	return out
}
