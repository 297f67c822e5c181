package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// messagingStatus is what the app tells about itself at /status.json.
type messagingStatus struct {
	Credentials   bool `json:"credentials"`
	Installations []struct {
		CompanyID int64 `json:"company_id"`
		UserID    int64 `json:"user_id"`
	} `json:"installations"`
	Channels []struct {
		ProviderChannelID string `json:"provider_channel_id"`
		Name              string `json:"name"`
		Network           string `json:"network"`
		State             string `json:"state"`
		Link              string `json:"link"`
	} `json:"channels"`
}

// installer goes the way that a person goes who brings the messaging app into
// the CRM: registers it in the Developer Hub, enters its credentials, consents,
// adds a channel. It speaks to both over HTTP and to neither in any other way,
// and goes on where an earlier run was cut off.
type installer struct {
	at addresses
	v  *visitor
}

// installMessaging brings the app into the demo company, as far as it is not
// there yet, and returns the address of its web chat. roots are the authorities
// to trust, nil for the machine's.
func installMessaging(ctx context.Context, at addresses, roots *x509.CertPool) (chat string, err error) {
	i := &installer{at: at, v: newVisitor()}
	i.v.trust(roots)
	for _, step := range []func(context.Context, messagingStatus) error{i.register, i.consent, i.addChannel} {
		s, err := i.status(ctx)
		if err != nil {
			return "", err
		}
		if err := step(ctx, s); err != nil {
			return "", err
		}
	}
	s, err := i.status(ctx)
	if err != nil {
		return "", err
	}
	if len(s.Channels) == 0 {
		return "", fmt.Errorf("%s shows no channel although one was added", at.Messaging)
	}
	return s.Channels[0].Link, nil
}

// register enters the app in the Developer Hub and its credentials in the app.
func (i *installer) register(ctx context.Context, s messagingStatus) error {
	if s.Credentials {
		return nil
	}
	manifest, err := download(ctx, i.v, i.at.Messaging+"/manifest.json")
	if err != nil {
		return err
	}
	p, err := i.v.get(ctx, i.at.Host+"/developer-hub/new")
	if err != nil {
		return err
	}
	f, err := p.form("name", "callback_url", "scopes")
	if err != nil {
		return err
	}
	f.values.Set("name", "Dockwright Messaging")
	f.values.Set("summary", "Web chat in the Messaging inbox: visitors of your site write, your team answers.")
	f.values.Set("type", "private")
	f.values.Set("icon_url", i.at.Messaging+"/static/app/mark.svg")
	f.values.Set("callback_url", i.at.Messaging+"/oauth/callback")
	f.values["scopes"] = []string{"base", "messengers-integration"}
	f.values.Set("sharing_enabled", "1")
	f.values.Set("installation_url", i.at.Messaging+"/install")
	if p, err = i.v.send(ctx, f); err != nil {
		return err
	}
	if err := i.uploadManifest(ctx, p, manifest); err != nil {
		return err
	}
	return i.enterCredentials(ctx, p)
}

// uploadManifest goes to the tab of the app's page where manifests are, which the
// messaging scope opened.
func (i *installer) uploadManifest(ctx context.Context, app *page, manifest []byte) error {
	p, err := i.v.get(ctx, app.url.String()+"/oauth")
	if err != nil {
		return err
	}
	f, err := p.form("manifest")
	if err != nil {
		return err
	}
	_, err = i.v.sendFiles(ctx, f, map[string]file{"manifest": {"manifest.json", manifest}})
	return err
}

// enterCredentials copies what the Developer Hub shows to the app's page.
func (i *installer) enterCredentials(ctx context.Context, shown *page) error {
	id, err := shown.value("client_id")
	if err != nil {
		return err
	}
	secret, err := shown.value("client_secret")
	if err != nil {
		return err
	}
	p, err := i.v.get(ctx, i.at.Messaging+"/")
	if err != nil {
		return err
	}
	f, err := p.form("client_id", "client_secret")
	if err != nil {
		return err
	}
	f.values.Set("client_id", id)
	f.values.Set("client_secret", secret)
	_, err = i.v.send(ctx, f)
	return err
}

// consent installs the app for the whole company.
func (i *installer) consent(ctx context.Context, s messagingStatus) error {
	if len(s.Installations) > 0 {
		return nil
	}
	p, err := i.v.get(ctx, i.at.Messaging+"/install")
	if err != nil {
		return err
	}
	f, err := p.form("decision")
	if err != nil {
		return err
	}
	f.values.Set("decision", "allow")
	if p, err = i.v.send(ctx, f); err != nil {
		return err
	}
	if f, err = p.form("decision", "share"); err != nil {
		return err
	}
	f.values.Set("decision", "allow")
	f.values.Set("share", "company")
	_, err = i.v.send(ctx, f)
	return err
}

// addChannel opens a web chat.
func (i *installer) addChannel(ctx context.Context, s messagingStatus) error {
	if len(s.Channels) > 0 {
		return nil
	}
	p, err := i.v.get(ctx, i.at.Messaging+"/")
	if err != nil {
		return err
	}
	f, err := p.form("network", "name")
	if err != nil {
		return err
	}
	f.values.Set("network", "webchat")
	f.values.Set("name", "Website chat")
	_, err = i.v.sendFiles(ctx, f, nil)
	return err
}

// status asks the app how far it is, and waits for it to come up.
func (i *installer) status(ctx context.Context) (s messagingStatus, err error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var body []byte
		if body, err = download(ctx, i.v, i.at.Messaging+"/status.json"); err == nil {
			return s, json.Unmarshal(body, &s)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return s, fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

// download gets a file or a piece of JSON.
func download(ctx context.Context, v *visitor, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := v.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s: %s", address, resp.Status, strings.TrimSpace(string(body)))
	}
	return body, err
}
