package control_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dockwright/dockwright/hosttest"
	"github.com/dockwright/dockwright/internal/store/storetest"
)

// thing is an entry of a list in a seed file.
type thing = map[string]any

// words are texts that YAML could take for something else, and others.
var words = rapid.OneOf(
	rapid.SampledFrom([]string{
		"null", "~", "true", "No", "0x10", "1_000", "1e3", ".5", "2026-11-30", "- a", "a: b", "a #b", "'", `"`, "&a", "*a", "!x", "{a}", "[a]", "|", ">", "%", "@", "`",
		"a\nb", "a\n", "a\tb", "Søren Ærø", "日本語", "👩‍🚀", "\u00a0x", "\u2028", "x\u0085y", "<<", "=", "",
	}),
	rapid.StringMatching(`[a-zA-Z0-9 :#'"\\,.{}\[\]&*!|>%@-]{1,30}`),
)

// titles are words that are not blank.
var titles = rapid.Map(words, func(s string) string { return cmp.Or(strings.TrimSpace(s), "untitled") })

// company draws a seed file of one company in which anything may refer to anything.
func company(t *rapid.T) thing {
	list := func(name string, most int, make func(i int) thing) (out []thing) {
		for i := range rapid.IntRange(0, most).Draw(t, name) {
			one := make(i)
			one["ref"] = fmt.Sprintf("%s-%d", name, i)
			out = append(out, one)
		}
		return out
	}
	maybe := func(of []thing, one thing, key string) {
		if len(of) > 0 && rapid.Bool().Draw(t, key) {
			one[key] = rapid.SampledFrom(of).Draw(t, key)["ref"]
		}
	}
	users := append([]thing{{"ref": "admin", "name": "Ann", "email": "ann@acme.example", "admin": true}}, list("user", 2, func(i int) thing {
		return thing{"name": titles.Draw(t, "name"), "email": fmt.Sprintf("u%d@acme.example", i), "admin": rapid.Bool().Draw(t, "admin")}
	})...)
	organizations := list("organization", 3, func(int) thing {
		o := thing{"name": titles.Draw(t, "name"), "address": words.Draw(t, "address")}
		maybe(users, o, "owner")
		return o
	})
	persons := list("person", 4, func(int) thing {
		p := thing{"name": titles.Draw(t, "name"), "emails": []string{"a@b.example"}, "added": "2026-02-03T04:05:06.789012Z"}
		maybe(users, p, "owner")
		maybe(organizations, p, "organization")
		return p
	})
	stages := []thing{{"ref": "s1", "name": titles.Draw(t, "stage"), "probability": 40}, {"ref": "s2", "name": "Offer"}}
	deals := list("deal", 4, func(int) thing {
		d := thing{
			"title": titles.Draw(t, "title"), "value": json.Number(rapid.SampledFrom([]string{"0", "0.1", "1200.5", "-3", "99999999999.9999", "1e3"}).Draw(t, "value")),
			"stage":  rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "stage"),
			"status": rapid.SampledFrom([]string{"open", "won", "lost"}).Draw(t, "status"),
		}
		maybe(users, d, "owner")
		maybe(persons, d, "person")
		maybe(organizations, d, "organization")
		return d
	})
	labels := list("label", 2, func(int) thing { return thing{"name": titles.Draw(t, "name"), "color": "red"} })
	var leads []thing
	if len(persons) > 0 {
		leads = list("lead", 3, func(int) thing {
			l := thing{"title": titles.Draw(t, "title"), "person": persons[0]["ref"], "seen": rapid.Bool().Draw(t, "seen"), "archived": rapid.Bool().Draw(t, "archived")}
			if len(labels) > 0 {
				l["labels"] = []any{labels[0]["ref"]}
			}
			maybe(users, l, "owner")
			return l
		})
	}
	var notes []thing
	for i := range min(len(deals), 2) {
		n := thing{"content": titles.Draw(t, "content"), "deal": deals[i]["ref"]}
		maybe(users, n, "author")
		notes = append(notes, n)
	}
	apps := list("app", 2, func(i int) thing {
		return thing{
			"name": "App", "scopes": []string{"deals:read"}, "sharing": true, "installed": []thing{{"user": users[i%len(users)]["ref"], "shared": i == 0}},
			"description": titles.Draw(t, "description"), "callback_url": "http://127.0.0.1:9/callback", "status": rapid.SampledFrom([]string{"draft", "live"}).Draw(t, "status"),
			"extensions": []thing{
				{"ref": fmt.Sprint("link-", i), "type": "link_action", "name": titles.Draw(t, "name"), "url": "http://127.0.0.1:9/link", "panel": fmt.Sprint("panel-", i), "field": "x"},
				{"ref": fmt.Sprint("panel-", i), "type": "json_panel", "name": titles.Draw(t, "name"), "url": "http://127.0.0.1:9/panel", "views": []string{"deal-details"}, "schema": panel(t)},
			},
		}
	})
	webhooks := list("webhook", 2, func(i int) thing {
		w := thing{"subscription_url": fmt.Sprint("http://127.0.0.1:9/hook/", i), "event_action": "create", "event_object": "deal", "added": "2026-02-03T04:05:06Z"}
		maybe(users, w, "owner")
		maybe(users, w, "user")
		return w
	})
	for _, w := range webhooks {
		delete(w, "ref") // nothing refers to them
	}
	return thing{"companies": []thing{{
		"domain": "acme", "name": "Acme", "users": users, "pipelines": []thing{{"name": titles.Draw(t, "pipeline"), "stages": stages}},
		"organizations": organizations, "persons": persons, "deals": deals, "lead_labels": labels, "leads": leads, "notes": notes, "apps": apps, "webhooks": webhooks,
	}}}
}

// panel draws the schema of a panel as somebody may have uploaded it: its line ends
// and blanks are kept.
func panel(t *rapid.T) string {
	label, err := json.Marshal(titles.Draw(t, "label"))
	if err != nil {
		t.Fatal(err)
	}
	blank := func() string {
		return rapid.SampledFrom([]string{"", " ", "\n", "\r\n", "\t", "\n\n    ", "  \n"}).Draw(t, "blank")
	}
	return blank() + `{"type": "object",` + blank() + `"properties": {"x": {"$ref": "#/definitions/text", "label": ` + string(label) + `}` + blank() + `}}` + blank()
}

// What an export says is what it makes, whatever people wrote into it.
// spec: control.export, control.import
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	h := hosttest.New(t)
	rapid.Check(t, func(rt *rapid.T) {
		raw, err := json.Marshal(company(rt))
		if err != nil {
			rt.Fatal(err)
		}
		roundTrip(rt, h, raw)
	})
}

func roundTrip(t interface{ Fatalf(string, ...any) }, h *hosttest.Host, raw []byte) {
	do := func(method, path string, body any) string {
		status, _, answer := h.Do(method, path, "", body)
		if status != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, status, answer)
		}
		return string(answer)
	}
	do("POST", "/_dockwright/import", raw)
	first := do("GET", "/_dockwright/export?company=acme", nil)
	do("POST", "/_dockwright/reset", map[string]string{"company": "acme"})
	do("POST", "/_dockwright/import", []byte(first))
	if again := do("GET", "/_dockwright/export?company=acme", nil); again != first {
		t.Fatalf("after a reset and an import:\n%s\nwant\n%s", again, first)
	}
}

// spec: control.export, control.import
func TestRoundTripOnPostgres(t *testing.T) {
	t.Parallel()
	roundTrip(t, hosttest.New(t, hosttest.Postgres(storetest.PostgresURL(t))), acme(t))
}
