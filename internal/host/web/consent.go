package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/dockwright/dockwright/internal/fault"
	"github.com/dockwright/dockwright/internal/host/authz"
	"github.com/dockwright/dockwright/internal/host/route"
)

func (w *Web) consentRoutes() []route.Route {
	return []route.Route{
		{Method: http.MethodGet, Pattern: "/oauth/authorize", Access: route.Login, Req: "oauth.authorize", Handler: w.handle(w.consent)},
		{Method: http.MethodPost, Pattern: "/oauth/authorize", Access: route.Login, Req: "oauth.authorize", Handler: w.handle(w.decide)},
	}
}

// textMaintenance is what the authorize page says while the database does not
// answer.
const textMaintenance = "Whoops! Something broke in our servers and we cannot serve you this page."

// consentData is what the consent page shows.
type consentData struct {
	authz.Consent
	Request authz.Request
	// Shared is the choice that is made for the person until they choose.
	Shared bool
}

// consent asks a person whether an app may act for them.
func (w *Web) consent(rw http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	req := authz.Request{ClientID: q.Get("client_id"), RedirectURI: q.Get("redirect_uri"), State: q.Get("state")}
	c, err := w.s.Authz.Prepare(r.Context(), caller(r), req)
	if err != nil {
		return w.refuseAuthorize(rw, r, req, err)
	}
	d := consentData{Consent: c, Request: req, Shared: c.Installed != nil && c.Installed.Shared}
	w.render(rw, r, http.StatusOK, page{Title: "Install " + c.App.Name, Template: "consent/consent", Bare: true, Data: d})
	return nil
}

// decide carries out the person's choice and sends the browser back to the app.
func (w *Web) decide(rw http.ResponseWriter, r *http.Request) error {
	req := authz.Request{ClientID: r.PostFormValue("client_id"), RedirectURI: r.PostFormValue("redirect_uri"), State: r.PostFormValue("state")}
	var to string
	var err error
	switch choice := r.PostFormValue("decision"); choice {
	case "allow":
		var asked bool
		if to, asked, err = w.allow(rw, r, req); asked {
			return err
		}
	case "deny":
		to, err = w.s.Authz.Deny(r.Context(), caller(r), req)
	default:
		return fault.New(fault.Invalid, "decision", "Expected allow or deny, got %q.", choice)
	}
	if err != nil {
		return w.refuseAuthorize(rw, r, req, err)
	}
	w.redirect(rw, r, to)
	return nil
}

// allow installs the app, after one more step where the person chooses who shares
// it, if it can be shared. asked is true once that step was shown instead.
// spec: messaging.sharing.step
func (w *Web) allow(rw http.ResponseWriter, r *http.Request, req authz.Request) (to string, asked bool, err error) {
	switch share := r.PostFormValue("share"); share {
	case "company", "me":
		to, err = w.s.Authz.Approve(r.Context(), caller(r), req, share == "company")
		return to, false, err
	case "":
	default:
		return "", false, fault.New(fault.Invalid, "share", "Expected company or me, got %q.", share)
	}
	c, err := w.s.Authz.Prepare(r.Context(), caller(r), req)
	if err != nil {
		return "", false, err
	}
	if !c.AskSharing {
		to, err = w.s.Authz.Approve(r.Context(), caller(r), req, false)
		return to, false, err
	}
	d := consentData{Consent: c, Request: req, Shared: c.Installed != nil && c.Installed.Shared}
	w.render(rw, r, http.StatusOK, page{Title: "Share " + c.App.Name, Template: "consent/share", Bare: true, Data: d})
	return "", true, nil
}

// Back is the first step again.
func (d consentData) Back() string {
	q := url.Values{"client_id": {d.Request.ClientID}, "redirect_uri": {d.Request.RedirectURI}}
	if d.Request.State != "" {
		q.Set("state", d.Request.State)
	}
	return "/oauth/authorize?" + q.Encode()
}

// refuseAuthorize answers a redirect URI that is not the registered one with the
// documented body; it is a developer who meets it. Other refusals are pages.
// spec: oauth.redirect-exact
func (w *Web) refuseAuthorize(rw http.ResponseWriter, r *http.Request, req authz.Request, err error) error {
	if !errors.Is(err, authz.ErrRedirect) {
		w.noteRefusal(r, req.ClientID, "oauth.authorize", nil, err)
		return err
	}
	// The body is the documented one; the Inspector has room for what to do.
	w.noteRefusal(r, req.ClientID, "oauth.authorize", nil, fault.New(fault.Invalid, "redirect_uri",
		"%s. It must be the callback URL that is registered in the Developer Hub, character by character; got %q.", authz.ErrRedirect.Message, req.RedirectURI))
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(rw).Encode(map[string]string{"error": authz.ErrRedirect.Message}) // the reader has gone; nobody to tell
	return nil
}
