package messagingapi

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

const goodManifest = `{
  "version": "v202101",
  "endpoints": {
    "getConversations": "https://bridge.acme.test/pd/:providerChannelId/threads",
    "getConversationById": "https://bridge.acme.test/pd/:providerChannelId/threads/:sourceConversationId",
    "postMessage": "https://bridge.acme.test:8443/pd/:providerChannelId/outbox",
    "getMessageById": "https://bridge.acme.test/pd/:providerChannelId/threads/:sourceConversationId/items/:sourceMessageId",
    "getSenderById": "https://bridge.acme.test/pd/:providerChannelId/people?id=:senderId",
    "getTemplates": "https://bridge.acme.test/pd/:providerChannelId/templates",
    "deleteChannelById": "https://bridge.acme.test/pd/:providerChannelId"
  }
}`

func TestManifestAccepted(t *testing.T) {
	t.Parallel()
	m, err := ParseManifest([]byte("\xef\xbb\xbf"+goodManifest), ManifestRules{RequireHTTPS: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Warnings) != 0 || m.Version != "v202101" || m.Endpoints.GetSenderByID == "" || m.Endpoints.DeleteChannelByID == "" {
		t.Errorf("manifest read as %+v", m)
	}
}

func TestManifestRefused(t *testing.T) {
	t.Parallel()
	change := func(old, new string) string {
		if !strings.Contains(goodManifest, old) {
			t.Fatalf("the manifest does not contain %q", old)
		}
		return strings.Replace(goodManifest, old, new, 1)
	}
	tests := map[string]struct{ raw, key, says string }{
		"version":      {change("v202101", "v202049"), "version", `expected "v202101", got "v202049"`},
		"no version":   {change(`"version": "v202101",`, ""), "version", "the key is missing"},
		"letter case":  {change(`"version"`, `"Version"`), "version", `"Version" is another key`},
		"variable":     {change("/pd/:providerChannelId/outbox", "/pd/outbox"), "endpoints.postMessage", ":providerChannelId"},
		"braces":       {change("items/:sourceMessageId", "items/{sourceMessageId}"), "endpoints.getMessageById", "expected the variable as :sourceMessageId, got {sourceMessageId}"}, // spec: messaging.manifest.colon-variables
		"unknown var":  {change("/outbox", "/outbox/:company"), "endpoints.postMessage", "got :company"},
		"http":         {change("https://bridge.acme.test/pd/:providerChannelId/templates", "http://a.test/:providerChannelId"), "endpoints.getTemplates", "expected https"}, // spec: messaging.manifest.https
		"no host":      {change("https://bridge.acme.test/pd/:providerChannelId/templates", "https:///:providerChannelId"), "endpoints.getTemplates", "expected a URL"},
		"var in host":  {change("https://bridge.acme.test/pd/:providerChannelId/templates", "https://:providerChannelId/x"), "endpoints.getTemplates", "host name"},
		"ftp":          {change("https://bridge.acme.test/pd/:providerChannelId/templates", "ftp://a/:providerChannelId"), "endpoints.getTemplates", "https://"},
		"credentials":  {change("https://bridge.acme.test/pd/:providerChannelId/templates", "https://u:1@a/:providerChannelId"), "endpoints.getTemplates", "expected a URL"},
		"number":       {change(`"https://bridge.acme.test/pd/:providerChannelId"`, "7"), "endpoints.deleteChannelById", "the number 7"},
		"no endpoint":  {change(`"postMessage"`, `"sendMessage"`), "endpoints.postMessage", "the key is missing"},
		"unknown key":  {change(`"getTemplates"`, `"getTemplate"`), "endpoints.getTemplate", "letter case counts"},
		"unknown top":  {change(`"version"`, `"clientId":"x", "version"`), "clientId", "expected only"},
		"twice":        {change(`"version"`, `"version":"v202101","version"`), "version", "got twice"},
		"not JSON":     {"{\n  \"version\": v2\n}", "", "line 2, column 14"},
		"cut off":      {goodManifest[:60], "", "the text ends too early"},
		"empty":        {"", "", "line 1, column 1"},
		"trailing":     {goodManifest + "\n{}", "", "line 13, column 1"},
		"array":        {"[]", "", "expected an object, got an array"},
		"not UTF-8":    {change("acme", "\xff\xfe"), "", "byte 0xff"},
		"deep":         {strings.Repeat(`{"a":`, 40), "a", "levels of nesting"},
		"10 megabytes": {strings.Repeat(" ", 10<<20), "", "at most 1048576 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseManifest([]byte(tt.raw), ManifestRules{RequireHTTPS: true})
			// spec: messaging.manifest.validation
			wantError(t, err, tt.key, tt.says)
		})
	}
}

// wantError demands an *Error about key that says a thing. A key only needs to
// begin so where what follows depends on depth.
func wantError(t *testing.T, err error, key, says string) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got error %v, want one about %q", err, key)
	}
	if e.Key != key && !strings.HasPrefix(e.Key, key+".a") || !strings.Contains(e.Message, says) {
		t.Errorf("got %q: %q, want %q: …%s…", e.Key, e.Message, key, says)
	}
}

func TestManifestWarns(t *testing.T) {
	t.Parallel()
	raw := strings.Replace(goodManifest, "threads/:sourceConversationId/items", "items", 1)
	m, err := ParseManifest([]byte(strings.ReplaceAll(raw, "https:", "http:")), ManifestRules{})
	// spec: messaging.manifest.get-message-variables
	if err != nil || len(m.Warnings) != 1 || !strings.Contains(m.Warnings[0], "endpoints.getMessageById") {
		t.Errorf("got %v and warnings %q", err, m.Warnings)
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	e := Endpoint("https://a.test:8443/:providerChannelId/t/:sourceConversationId.json?s=:senderId")
	got, err := e.Expand(map[string]string{VarChannel: "a@b:c/d", VarConversation: "?#%", VarSender: "Mari Ö&=+"})
	if err != nil {
		t.Fatal(err)
	}
	// spec: messaging.manifest.percent-encoding
	const want = "https://a.test:8443/a%40b%3Ac%2Fd/t/%3F%23%25.json?s=Mari%20%C3%96%26%3D%2B"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	u, err := url.Parse(WithQuery(got, "after", "a b&c", "none", "", "messages_limit", "30"))
	if err != nil {
		t.Fatal(err)
	}
	if u.Path != "/a@b:c/d/t/?#%.json" || u.Query().Get("s") != "Mari Ö&=+" || u.Query().Get("after") != "a b&c" || u.Query().Has("none") {
		t.Errorf("it means path %q, query %q", u.Path, u.Query())
	}
	if _, err := e.Expand(map[string]string{VarChannel: "a", VarConversation: "b"}); err == nil || !strings.Contains(err.Error(), ":senderId") {
		t.Errorf("a missing value gave %v", err)
	}
	if _, err := Endpoint("").Expand(nil); err == nil {
		t.Error("a missing endpoint was expanded")
	}
}

func FuzzExpand(f *testing.F) {
	f.Add("a@b:c/d")
	f.Add("../..//x?#%00")
	f.Fuzz(func(t *testing.T, id string) {
		got, err := Endpoint("https://a.test/p/:providerChannelId/q").Expand(map[string]string{VarChannel: id})
		if err != nil {
			if id != "" {
				t.Fatal(err)
			}
			return
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		if u.Path != "/p/"+id+"/q" || u.Host != "a.test" || u.RawQuery != "" || u.Fragment != "" {
			t.Fatalf("%q left its place: %s", id, got)
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(goodManifest))
	f.Add([]byte(`{"version":"v202101","endpoints":{"getConversations":"https://:x"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseManifest(raw, ManifestRules{})
		if err != nil {
			demandError(t, err)
			return
		}
		to, err := m.Endpoints.PostMessage.Expand(map[string]string{VarChannel: "a/b", VarConversation: "c", VarMessage: "d", VarSender: "e"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := url.Parse(to); err != nil {
			t.Fatalf("accepted endpoint is no URL: %v", err)
		}
	})
}

func demandError(t *testing.T, err error) {
	t.Helper()
	if e, ok := errors.AsType[*Error](err); !ok || e.Message == "" {
		t.Fatalf("not an *Error with a sentence: %#v", err)
	}
}
