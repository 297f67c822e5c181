package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"syscall"
)

// register enters a scaffolded app in the Developer Hub, as a person does: the
// app, then its two extensions.
func register(ctx context.Context, app scaffolded) (registered, error) {
	v := newVisitor()
	p, err := v.get(ctx, app.Host+"/developer-hub/new")
	if errors.Is(err, syscall.ECONNREFUSED) {
		return registered{}, fmt.Errorf("nobody answers at %s", app.Host)
	}
	if err != nil {
		return registered{}, err
	}
	f, err := p.form("name", "callback_url", "scopes")
	if err != nil {
		return registered{}, fmt.Errorf("%s lets nobody into its Developer Hub without a sign-in", app.Host)
	}
	f.values.Set("name", app.Name)
	f.values.Set("summary", "Shows who looks at which record.")
	f.values.Set("type", "private")
	f.values.Set("template", "api")
	f.values.Set("callback_url", app.BaseURL+"/oauth/callback")
	f.values.Set("installation_url", app.BaseURL+"/install")
	f.values["scopes"] = []string{"base", "deals:read", "contacts:read"}
	if p, err = v.send(ctx, f); err != nil {
		return registered{}, err
	}
	var r registered
	if r.ClientID, err = p.value("client_id"); err != nil {
		return r, err
	}
	if r.ClientSecret, err = p.value("client_secret"); err != nil {
		return r, err
	}
	extensions := p.url.String() + "/extensions"
	panel := url.Values{
		"name": {app.Name}, "description": {"Who looks at this record."}, "url": {app.BaseURL + "/panel"},
		"views": {"deal-details", "person-details", "organization-details"},
	}
	if err := addExtension(ctx, v, extensions, "panel", panel); err != nil {
		return r, err
	}
	window := url.Values{"name": {app.Name}, "description": {"Stays while you move through the CRM."}, "url": {app.BaseURL + "/window"}}
	return r, addExtension(ctx, v, extensions, "floating_window", window)
}

// addExtension fills in the form of an extension. list is the page of the app's
// extensions.
func addExtension(ctx context.Context, v *visitor, list, kind string, values url.Values) error {
	p, err := v.get(ctx, list+"/new?kind="+kind)
	if err != nil {
		return err
	}
	f, err := p.form("kind", "url")
	if err != nil {
		return err
	}
	f.values.Del("views")
	maps.Copy(f.values, values)
	_, err = v.sendFiles(ctx, f, nil)
	return err
}
