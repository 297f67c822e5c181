package devhub

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/pipedrive/messagingapi"
)

// What uploads must look like. The platform does not publish its own rules;
// these follow its documents and samples.
//
//go:embed uploads/*.json
var uploadFS embed.FS

// uploadRules compiles the rules on their first use.
var uploadRules = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	out := map[string]*jsonschema.Schema{}
	for _, name := range []string{"panel", "modal", "video", "webhooks"} {
		raw, err := uploadFS.Open("uploads/" + name + ".json")
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(raw)
		if err = errors.Join(err, raw.Close()); err != nil {
			return nil, fmt.Errorf("rules of %s: %w", name, err)
		}
		c := jsonschema.NewCompiler()
		at := "dockwright:" + name
		if err := c.AddResource(at, doc); err != nil {
			return nil, fmt.Errorf("rules of %s: %w", name, err)
		}
		if out[name], err = c.Compile(at); err != nil {
			return nil, fmt.Errorf("rules of %s: %w", name, err)
		}
	}
	return out, nil
})

// obey checks a document against the rules of that name.
func (d *document) obey(name string) error {
	rules, err := uploadRules()
	if err != nil {
		return err
	}
	err = rules[name].Validate(d.value)
	if err == nil {
		return nil
	}
	bad, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return fmt.Errorf("check an upload: %w", err)
	}
	return d.first(bad)
}

// first is the refusal that stands highest in the text.
func (d *document) first(bad *jsonschema.ValidationError) error {
	var leaves []*jsonschema.ValidationError
	var collect func(*jsonschema.ValidationError)
	collect = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			leaves = append(leaves, e)
		}
		for _, c := range e.Causes {
			collect(c)
		}
	}
	collect(bad)
	where := func(e *jsonschema.ValidationError) int { return d.at[pointer(d.place(e))] }
	// Rules are checked in no certain order; the same upload gets the same answer.
	slices.SortStableFunc(leaves, func(a, b *jsonschema.ValidationError) int {
		if n := where(a) - where(b); n != 0 {
			return n
		}
		return strings.Compare(wants(a), wants(b))
	})
	return d.refuseAt(d.place(leaves[0]), "%s", wants(leaves[0]))
}

// place is where the error is: at a key that should not be there, or at the value
// that is wrong.
func (d *document) place(e *jsonschema.ValidationError) []string {
	if extra, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
		return append(slices.Clone(e.InstanceLocation), slices.Min(extra.Properties))
	}
	return e.InstanceLocation
}

// wants says what was expected, and what came.
func wants(e *jsonschema.ValidationError) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		return "expected the key " + listed(k.Missing) + ", and it is missing"
	case *kind.AdditionalProperties:
		return "there is no such key here; letter case counts"
	case *kind.Enum:
		return "expected one of " + values(k.Want) + ", got " + values([]any{k.Got})
	case *kind.Const:
		return "expected " + values([]any{k.Want}) + ", got " + values([]any{k.Got})
	case *kind.Type:
		return "expected " + strings.Join(k.Want, " or ") + ", got " + k.Got
	case *kind.MinProperties:
		return fmt.Sprintf("expected at least %s, got %d", keys(k.Want), k.Got)
	case *kind.MaxProperties:
		return fmt.Sprintf("expected at most %s, got %d", keys(k.Want), k.Got)
	case *kind.MinItems:
		return fmt.Sprintf("expected at least %d in the list, got %d", k.Want, k.Got)
	case *kind.MinLength:
		return fmt.Sprintf("expected at least %d characters, got %d", k.Want, k.Got)
	case *kind.Pattern:
		return patternWords(k)
	default:
		return "this is not what the schema may have here"
	}
}

func keys(n int) string {
	if n == 1 {
		return "1 key"
	}
	return fmt.Sprintf("%d keys", n)
}

// patternWords puts the few patterns of the rules into words.
func patternWords(k *kind.Pattern) string {
	switch {
	case strings.HasPrefix(k.Want, ":"):
		return fmt.Sprintf("expected the variable %s in the URL, got %q", k.Want, clip(k.Got))
	case strings.HasPrefix(k.Want, "^https?"):
		return fmt.Sprintf("expected an address that begins with https:// or http://, got %q", clip(k.Got))
	default:
		return fmt.Sprintf("expected a day as YYYY-MM-DD, got %q", clip(k.Got))
	}
}

func listed(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range slices.Sorted(slices.Values(names)) {
		quoted[i] = `"` + n + `"`
	}
	return strings.Join(quoted, ", ")
}

// values writes JSON values as they stand in a text.
func values(all []any) string {
	out := make([]string, len(all))
	for i, v := range all {
		raw, err := json.Marshal(v)
		if err != nil {
			raw = fmt.Append(nil, v)
		}
		out[i] = clip(string(raw))
	}
	return strings.Join(out, ", ")
}

// maxPanelFields is how many fields an object of a JSON panel may have beside its
// header.
const maxPanelFields = 20

// checkPanelSchema checks the JSON structure of a panel.
// spec: devhub.json-panel.schema
func checkPanelSchema(field string, raw []byte) error {
	d, err := readDocument(field, raw)
	if err != nil {
		return err
	}
	if err := d.obey("panel"); err != nil {
		return err
	}
	at, object := []string{}, d.value.(map[string]any)
	if items, ok := object["items"].(map[string]any); ok {
		at, object = []string{"items"}, items
	}
	properties := object["properties"].(map[string]any)
	at = append(at, "properties")
	n := len(properties)
	if _, ok := properties["header"]; ok {
		n--
	}
	if n > maxPanelFields {
		return d.refuseAt(at, "expected at most %d fields beside the header, got %d", maxPanelFields, n)
	}
	needed, _ := object["required"].([]any)
	for i, name := range needed {
		if name, _ := name.(string); properties[name] == nil {
			return d.refuseAt(append(slices.Clone(at[:len(at)-1]), "required", fmt.Sprint(i)), "expected a field of properties, got %q", clip(name))
		}
	}
	return nil
}

// panelShape says of an accepted panel's schema whether it shows many objects,
// and which fields each has.
func panelShape(schema string) (many bool, fields []string) {
	type object struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	var s struct {
		object
		Items *object `json:"items"`
	}
	if json.Unmarshal([]byte(schema), &s) != nil {
		return false, nil
	}
	if s.Items != nil {
		return true, slices.Sorted(maps.Keys(s.Items.Properties))
	}
	return false, slices.Sorted(maps.Keys(s.Properties))
}

// checkModalSchema checks the JSON schema of a modal, and that its visibility
// rules name blocks that are there.
// spec: devhub.json-modal.schema
func checkModalSchema(field string, raw []byte) error {
	d, err := readDocument(field, raw)
	if err != nil {
		return err
	}
	if err := d.obey("modal"); err != nil {
		return err
	}
	root := d.value.(map[string]any)["properties"].(map[string]any)
	blocks := root["blocks"].(map[string]any)["properties"].(map[string]any)
	for _, part := range []string{"blocks", "actions"} {
		each := root[part].(map[string]any)["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(each)) {
			one := each[name].(map[string]any)
			if err := d.checkRules([]string{"properties", part, "properties", name, "options"}, one["options"], blocks); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkRules looks through the visibility rules below one place.
func (d *document) checkRules(at []string, v any, blocks map[string]any) error {
	switch v := v.(type) {
	case []any:
		for i, each := range v {
			if err := d.checkRules(append(slices.Clone(at), fmt.Sprint(i)), each, blocks); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			below := append(slices.Clone(at), name)
			err := error(nil)
			if name == "visibleOn" {
				err = d.ruleNames(below, v[name], blocks)
			} else if name == "items" {
				err = d.checkRules(below, v[name], blocks)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *document) ruleNames(at []string, rule any, blocks map[string]any) error {
	switch rule := rule.(type) {
	case []any:
		for i, each := range rule {
			if err := d.ruleNames(append(slices.Clone(at), fmt.Sprint(i)), each, blocks); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(rule)) {
			if blocks[name] == nil {
				return d.refuseAt(append(slices.Clone(at), name), "expected the key of a block, got %q", clip(name))
			}
		}
	}
	return nil
}

// VideoManifest tells the host where an app's meeting endpoints are. The URLs
// hold the variables :linkId and :meetingId.
type VideoManifest struct {
	Version   string `json:"version"`
	ClientID  string `json:"clientId"`
	Endpoints struct {
		PostMeeting        string `json:"postMeeting"`
		PatchUpdateMeeting string `json:"patchUpdateMeeting"`
		DeleteMeeting      string `json:"deleteMeeting"`
	} `json:"endpoints"`
}

// parseVideoManifest checks a video calling manifest of an app.
// spec: devhub.video-manifest
func parseVideoManifest(raw []byte, a App) (*VideoManifest, error) {
	const field = "video_manifest"
	d, err := readDocument(field, raw)
	if err != nil {
		return nil, err
	}
	if err := d.obey("video"); err != nil {
		return nil, err
	}
	var m VideoManifest
	if err := json.Unmarshal(d.raw, &m); err != nil {
		return nil, fmt.Errorf("read a video manifest: %w", err)
	}
	if m.ClientID != a.ClientID {
		return nil, d.refuseAt([]string{"clientId"}, "expected this app's client id %s, got %q", a.ClientID, clip(m.ClientID))
	}
	for _, e := range []struct{ key, url string }{
		{"postMeeting", m.Endpoints.PostMeeting}, {"patchUpdateMeeting", m.Endpoints.PatchUpdateMeeting}, {"deleteMeeting", m.Endpoints.DeleteMeeting},
	} {
		if err := checkURL(field, e.url, a.Public); err != nil {
			f, _ := fault.As(err)
			return nil, d.refuseAt([]string{"endpoints", e.key}, "%s", strings.TrimSuffix(f.Message, "."))
		}
	}
	return &m, nil
}

// parseManifest checks a messaging manifest of an app. What the contract refuses
// by its key gets the line as well.
// spec: messaging.manifest.validated
func parseManifest(raw []byte, a App) (*messagingapi.Manifest, error) {
	const field = "manifest"
	m, err := messagingapi.ParseManifest(raw, messagingapi.ManifestRules{RequireHTTPS: a.Public})
	if err == nil {
		return &m, nil
	}
	bad, ok := errors.AsType[*messagingapi.Error](err)
	if !ok || bad.Key == "" {
		return nil, fault.New(fault.Invalid, field, "%v", err)
	}
	d, unreadable := readDocument(field, raw)
	if unreadable != nil {
		return nil, fault.New(fault.Invalid, field, "%v", err)
	}
	return nil, d.refuseAt(strings.Split(bad.Key, "."), "%s", strings.TrimSuffix(bad.Message, "."))
}
