package control

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/dockwright/dockwright/internal/host/devhub"
)

// prepareApps checks the apps of a plan, with all that is theirs.
func (s *Service) prepareApps(p *plan) error {
	p.extensions = map[string]string{}
	for i := range p.Apps {
		a := &p.Apps[i]
		a.ClientID = cmp.Or(a.ClientID, devhub.NewClientID())
		if err := p.nameExtensions(a); err != nil {
			return err
		}
		n, err := a.registration()
		if err != nil {
			return err
		}
		ready, secret, err := s.o.Apps.PrepareApp(n)
		if err != nil {
			return onLine(a.Line, err)
		}
		for _, img := range a.Images {
			raw, err := unpacked(img.Line, "content", img.Content)
			if err != nil {
				return err
			}
			if err := s.o.Apps.PrepareImage(&ready, raw, img.Alt); err != nil {
				return onLine(img.Line, err)
			}
		}
		if err := s.prepareExtensions(p, *a, &ready); err != nil {
			return err
		}
		p.apps, p.secret = append(p.apps, ready), append(p.secret, secret)
	}
	return nil
}

// nameExtensions gives extensions their UUIDs and remembers their refs: they may
// refer to those behind them.
func (p *plan) nameExtensions(a *app) error {
	for i := range a.Extensions {
		e := &a.Extensions[i]
		e.UUID = cmp.Or(e.UUID, uuid.NewString())
		if e.Ref == "" {
			continue
		}
		if p.extensions[e.Ref] != "" {
			return at(e.Line, "ref", "Two of the extensions have the ref %q; give each its own.", e.Ref)
		}
		p.extensions[e.Ref] = e.UUID
	}
	return nil
}

// registration is what the Developer Hub would have been told of an app.
func (a app) registration() (n devhub.NewApp, err error) {
	n = devhub.NewApp{
		Registration: devhub.Registration{
			Name: a.Name, Summary: a.Summary, Description: a.Description, Category: a.Category, IconURL: a.IconURL,
			SupportURL: a.SupportURL, LegalURL: a.LegalURL, ContactEmail: a.ContactEmail, VideoURL: a.VideoURL,
			CallbackURL: a.CallbackURL, InstallationURL: a.InstallationURL, Scopes: a.Scopes, SharingEnabled: a.Sharing, ExtensionsShared: a.ExtensionsShared,
		},
		Public: a.Public, State: devhub.Status(a.Status), ClientID: a.ClientID, ClientSecret: a.ClientSecret,
	}
	if n.Icon, err = unpacked(a.Line, "icon", a.Icon); err != nil {
		return n, err
	}
	if n.Manifest, err = manifest(a.Line, "manifest", a.Manifest); err != nil {
		return n, err
	}
	if a.VideoManifest != nil && a.VideoManifest["clientId"] == nil {
		a.VideoManifest["clientId"] = a.ClientID
	}
	if n.VideoManifest, err = manifest(a.Line, "video_manifest", a.VideoManifest); err != nil {
		return n, err
	}
	n.Webhooks, err = a.declarations()
	return n, err
}

// manifest is a manifest as JSON, nil if there is none.
func manifest(line int, field string, keys map[string]any) ([]byte, error) {
	if keys == nil {
		return nil, nil
	}
	raw, err := json.Marshal(keys)
	if err != nil {
		return nil, at(line, field, "Expected what JSON can hold: %s.", err)
	}
	return raw, nil
}

// declarations are the webhooks that an app declares as the Developer Hub takes
// them, nil if there are none.
func (a app) declarations() ([]byte, error) {
	if len(a.Webhooks) == 0 {
		return nil, nil
	}
	list := make([]devhub.DeclaredWebhook, len(a.Webhooks))
	for i, w := range a.Webhooks {
		list[i] = devhub.DeclaredWebhook{
			URL: w.URL, Action: w.Action, Object: w.Object, Version: w.Version, Name: w.Name, AuthUser: w.AuthUser, AuthPassword: w.AuthPassword,
		}
	}
	return json.Marshal(map[string]any{"webhooks": list})
}

func (s *Service) prepareExtensions(p *plan, a app, ready *devhub.PreparedApp) error {
	for _, e := range a.Extensions {
		n, err := p.extension(e)
		if err != nil {
			return err
		}
		if err := s.o.Apps.PrepareExtension(ready, n); err != nil {
			return onLine(e.Line, err)
		}
	}
	if wrong, err := ready.CheckExtensions(); err != nil {
		return onLine(a.Extensions[wrong].Line, err)
	}
	return nil
}

func (p *plan) extension(e extension) (devhub.FileExtension, error) {
	out := devhub.FileExtension{UUID: e.UUID, NewExtension: devhub.NewExtension{
		Kind: devhub.Kind(e.Type), Name: e.Name, Description: e.Description, URL: e.URL, CallEntry: e.CallEntry, External: e.External,
		Field: e.Field, Schema: string(e.Schema), JWTSecret: e.JWTSecret, HTTPUser: e.HTTPUser, HTTPPass: e.HTTPPassword,
	}}
	info, ok := out.Kind.Info()
	if !ok {
		return out, at(e.Line, "type", "There is no extension of the type %q.", e.Type)
	}
	// The Developer Hub passes over what a type cannot have; here somebody wrote it.
	for _, has := range []struct {
		field   string
		is, may bool
	}{
		{"name", e.Name != "", !info.Nameless}, {"schema", e.Schema != "", info.Schema != ""}, {"call_entry", e.CallEntry, info.CallEntry},
		{"external", e.External, out.Kind == devhub.AppSettings}, {"panel", e.Panel != "", info.PanelAction}, {"field", e.Field != "", e.Panel != ""},
		{"main_actions", len(e.MainActions) > 0, out.Kind == devhub.JSONPanel},
	} {
		if has.is && !has.may {
			return out, at(e.Line, has.field, "An extension of the type %s cannot have the key %s here.", e.Type, has.field)
		}
	}
	for _, v := range e.Views {
		out.Views = append(out.Views, devhub.View(v))
	}
	var err error
	if out.Panel, err = p.extensionID(e.Line, "panel", e.Panel); err != nil {
		return out, err
	}
	for view, ref := range e.MainActions {
		if out.MainActions == nil {
			out.MainActions = map[devhub.View]string{}
		}
		if !slices.Contains(e.Views, view) {
			return out, at(e.Line, "main_actions", "The panel is not in the view %q.", view)
		}
		if out.MainActions[devhub.View(view)], err = p.extensionID(e.Line, "main_actions", ref); err != nil {
			return out, err
		}
	}
	return out, nil
}

// extensionID is the UUID of an extension that is referred to.
func (p *plan) extensionID(line int, field, ref string) (string, error) {
	id := p.extensions[ref]
	if ref != "" && id == "" {
		return "", at(line, field, "There is none of the extensions with the ref %q in this company.", ref)
	}
	return id, nil
}
