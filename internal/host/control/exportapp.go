package control

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/devhub"
	"github.com/dockwright/dockwright/internal/store"
)

// apps writes apps as they work today; changes that wait for a review are left out.
func (x *exporter) apps(tx *store.Tx, list []devhub.App) error {
	installed, err := x.s.o.Authz.Installations(tx)
	if err != nil {
		return err
	}
	for _, a := range list {
		out, err := x.app(tx, a, installed)
		if err != nil {
			return fmt.Errorf("app %s: %w", a.ClientID, err)
		}
		x.out.Apps = append(x.out.Apps, out)
	}
	return nil
}

func (x *exporter) app(tx *store.Tx, a devhub.App, installed []authz.Installation) (app, error) {
	out := app{
		Ref: x.name("apps", "app", a.ClientID), Name: a.Name, Summary: a.Summary, Description: a.Description, Category: a.Category,
		ClientID: a.ClientID, IconURL: a.IconLink, SupportURL: a.SupportURL, LegalURL: a.LegalURL, ContactEmail: a.ContactEmail, VideoURL: a.VideoURL,
		CallbackURL: a.CallbackURL, InstallationURL: a.InstallationURL, Scopes: a.Scopes, Public: a.Public, Sharing: a.SharingEnabled,
		ExtensionsShared: a.ExtensionsShared,
	}
	if a.State != devhub.StatusDraft {
		out.Status = string(a.State)
	}
	var err error
	if out.Icon, err = x.icon(tx, a); err != nil {
		return out, err
	}
	if out.Images, err = x.images(tx, a); err != nil {
		return out, err
	}
	for _, m := range []struct {
		raw []byte
		to  *map[string]any
	}{{a.ManifestRaw, &out.Manifest}, {a.VideoManifestRaw, &out.VideoManifest}} {
		if len(m.raw) == 0 {
			continue
		}
		if err := json.Unmarshal(m.raw, m.to); err != nil {
			return out, fmt.Errorf("read a manifest: %w", err)
		}
	}
	if out.Webhooks, err = x.declared(tx, a); err != nil {
		return out, err
	}
	if out.Extensions, err = x.extensions(tx, a); err != nil {
		return out, err
	}
	for _, i := range installed {
		if by := x.names["users"][i.User]; i.ClientID == a.ClientID && by != "" {
			out.Installed = append(out.Installed, installation{User: by, Shared: i.Shared})
		}
	}
	return out, nil
}

// icon is the uploaded icon in base64, "" without one.
func (x *exporter) icon(tx *store.Tx, a devhub.App) (string, error) {
	if !a.HasIcon() {
		return "", nil
	}
	icon, err := x.s.o.Apps.IconIn(tx, a.ClientID)
	if err != nil || len(icon.Body) > maxExported {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(icon.Body), nil
}

// images are those of the listing, without those that are too large for a file.
func (x *exporter) images(tx *store.Tx, a devhub.App) (out []image, err error) {
	if a.ImageCount == 0 {
		return nil, nil
	}
	list, err := x.s.o.Apps.ImagesIn(tx, a.ClientID)
	if err != nil {
		return nil, err
	}
	for _, of := range list {
		whole, err := x.s.o.Apps.ImageIn(tx, a.ClientID, of.Hash)
		if err != nil {
			return nil, err
		}
		if len(whole.Body) <= maxExported {
			out = append(out, image{Content: base64.StdEncoding.EncodeToString(whole.Body), Alt: of.Alt})
		}
	}
	return out, nil
}

func (x *exporter) declared(tx *store.Tx, a devhub.App) (out []declared, err error) {
	list, err := x.s.o.Apps.DeclaredWebhooks(tx, a.ClientID)
	for _, w := range list {
		d := declared{URL: w.URL, Action: w.Action, Object: w.Object, Version: w.Version, Name: w.Name}
		if x.secrets {
			d.AuthUser, d.AuthPassword = w.AuthUser, w.AuthPassword
		}
		out = append(out, d)
	}
	return out, err
}

func (x *exporter) extensions(tx *store.Tx, a devhub.App) ([]extension, error) {
	list, err := x.s.o.Apps.Extensions(tx, a.ClientID)
	if err != nil {
		return nil, err
	}
	for _, e := range list { // they may refer to those behind them
		x.name("extensions", "extension", e.UUID)
	}
	var out []extension
	for _, e := range list {
		one := extension{
			Ref: x.names["extensions"][e.UUID], UUID: e.UUID, Type: string(e.Kind), Name: e.Name, Description: e.Description, URL: e.URL,
			CallEntry: e.CallEntry, External: e.External, Panel: x.names["extensions"][e.Panel], Field: e.Field, Schema: jsonText(e.Schema),
		}
		for _, v := range e.Views {
			one.Views = append(one.Views, string(v))
			// An action that was taken away since is nobody's main action.
			if main := x.names["extensions"][e.MainActions[v]]; main != "" {
				if one.MainActions == nil {
					one.MainActions = map[string]string{}
				}
				one.MainActions[string(v)] = main
			}
		}
		if x.secrets {
			own, err := x.s.o.Apps.OwnSecrets(e)
			if err != nil {
				return nil, err
			}
			one.JWTSecret, one.HTTPUser, one.HTTPPassword = own.JWT, own.HTTPUser, own.HTTPPass
		}
		out = append(out, one)
	}
	return out, nil
}

// webhooks writes those of users, and of the company's own apps: another company's
// app must make its webhooks itself.
func (x *exporter) webhooks(tx *store.Tx) error {
	list, err := x.s.o.Subscription.WebhooksIn(tx)
	if err != nil {
		return err
	}
	for _, w := range list {
		of, by, under := x.names["apps"][w.ClientID], x.names["users"][w.Owner], x.names["users"][w.User]
		if w.OfApp() && of == "" || by == "" || under == "" {
			continue
		}
		out := webhook{
			App: of, Owner: x.owner(w.Owner), User: x.other(w.User, w.Owner), URL: w.URL, Action: w.Action, Object: w.Object,
			Version: w.Version, Name: w.Name, Added: instant(w.CreatedAt),
		}
		if x.secrets {
			out.AuthUser, out.AuthPassword = w.AuthUser, w.AuthPassword
		}
		x.out.Webhooks = append(x.out.Webhooks, out)
	}
	return nil
}

// fillSecrets adds the client secrets, if they are wanted.
func (x *exporter) fillSecrets(ctx context.Context) error {
	if !x.secrets {
		return nil
	}
	for i := range x.out.Apps {
		var err error
		if x.out.Apps[i].ClientSecret, err = x.s.o.Apps.Secret(ctx, x.out.Apps[i].ClientID); err != nil {
			return err
		}
	}
	return nil
}
