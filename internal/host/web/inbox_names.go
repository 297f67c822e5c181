package web

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dockwright/dockwright/internal/host/inbox"
)

// inboxPath is where the inbox lives.
const inboxPath = "/leads/messaging"

// messagingPath is where the messaging apps and their channels are kept.
const messagingPath = "/settings/integrations/messaging"

func conversationURL(id int64) string { return inboxPath + "/" + strconv.FormatInt(id, 10) }

func bubbleURL(conversation, id int64) string {
	return conversationURL(conversation) + "/messages/" + strconv.FormatInt(id, 10)
}

func channelURL(id int64) string { return messagingPath + "/channel/" + strconv.FormatInt(id, 10) }

// orderOf is a key by which the browser sorts: microseconds and id.
func orderOf(at time.Time, id int64) string { return fmt.Sprintf("%d.%d", at.UnixMicro(), id) }

// versionOf changes when anything in v does.
func versionOf(v any) string {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%+v", v) // a hash does not fail
	return strconv.FormatUint(h.Sum64(), 36)
}

// networkName is the network's name in a sentence for a salesperson.
func networkName(providerType string) string {
	switch providerType {
	case "whatsapp":
		return "WhatsApp"
	case "facebook":
		return "Messenger"
	default:
		return "Chat"
	}
}

// safeLink is address if a browser may be led to it: http, https, or a path of
// this host; else "".
func safeLink(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.User != nil:
		return ""
	case u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		return address
	case (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "":
		return address
	}
	return ""
}

// safePicture is address if an img may load it.
func safePicture(address string) string { return safeLink(address) }

// kindsOfLinks are the records a conversation can be linked to, in the order
// they are offered.
var kindsOfLinks = []struct{ Kind, Word, Words, Icon, Path string }{
	{"person", "Person", "People", "person", "/persons/"},
	{"lead", "Lead", "Leads", "leads", "/leads/"},
	{"deal", "Deal", "Deals", "deals", "/deals/"},
}

func inboxLinkOf(l inbox.Link) inboxLink {
	for _, k := range kindsOfLinks {
		if k.Kind == l.Kind {
			v := inboxLink{Kind: l.Kind, Word: k.Word, Icon: k.Icon, Title: l.Title, TargetID: l.TargetID, URL: k.Path + url.PathEscape(l.TargetID)}
			if v.Title == "" {
				v.Title = k.Word + " " + l.TargetID
			}
			return v
		}
	}
	return inboxLink{Kind: l.Kind, Word: l.Kind, Icon: "link", Title: l.Title, TargetID: l.TargetID}
}

// onlyEmoji reports whether text is one to three signs without a letter or
// digit, which are shown large.
func onlyEmoji(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" || utf8.RuneCountInString(text) > 12 {
		return false
	}
	signs := 0
	for _, r := range text {
		switch {
		case r == '\u200d' || r == '\ufe0f' || unicode.Is(unicode.Mn, r) || r >= 0x1f3fb && r <= 0x1f3ff:
			// joins or colours the sign before it
		case unicode.Is(unicode.So, r):
			signs++
		case r == ' ':
		default:
			return false
		}
	}
	return signs >= 1 && signs <= 6
}

// splitTemplate cuts a template's text at its places, {{1}} or {{name}}.
func splitTemplate(content string) (parts []inboxTemplatePart, places []string) {
	plain := ""
	for content != "" {
		before, rest, _ := strings.Cut(content, "{{")
		name, after, closed := strings.Cut(rest, "}}")
		name = strings.TrimSpace(name)
		if !closed || !isPlace(name) {
			// No place: the braces are text like any other.
			took := min(len(before)+2, len(content))
			plain, content = plain+content[:took], content[took:]
			continue
		}
		if plain += before; plain != "" {
			parts = append(parts, inboxTemplatePart{Text: plain})
		}
		plain, content = "", after
		parts = append(parts, inboxTemplatePart{Text: "{{" + name + "}}", Place: name})
		if !slices.Contains(places, name) {
			places = append(places, name)
		}
	}
	if plain != "" {
		parts = append(parts, inboxTemplatePart{Text: plain})
	}
	return parts, places
}

// isPlace keeps names of places to what may stand in a form field's name.
func isPlace(name string) bool {
	if name == "" || len(name) > 40 {
		return false
	}
	for _, r := range name {
		if r != '_' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r)) {
			return false
		}
	}
	return true
}

// fillTemplate puts the values into the places.
func fillTemplate(parts []inboxTemplatePart, value func(place string) string) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Place != "" {
			b.WriteString(value(p.Place))
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}
